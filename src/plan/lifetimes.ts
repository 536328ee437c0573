/** Consecutive words of a memory that are needed for some steps of a program. */
export interface Lifetime {
  readonly words: number;
  /** First step that writes the words. */
  readonly from: number;
  /** First step that may write other contents into them; more than `from`. */
  readonly until: number;
}

/** Where regions lie, in the order in which they were given, and the words that they take. */
export interface Placement {
  readonly bases: readonly number[];
  readonly depth: number;
}

/**
 * Gives regions of one memory their words; those that live at the same time share none. Regions are
 * placed in the order in which their lives begin, the larger first of two that begin together, each
 * in the smallest gap that is free during its whole life, or in the lowest of equal ones.
 */
export function placeByLifetime(regions: readonly Lifetime[]): Placement {
  const bases: number[] = regions.map(() => 0);
  const order = regions
    .map((region, index) => ({ ...region, index }))
    .sort((a, b) => a.from - b.from || b.words - a.words || a.index - b.index);
  const placed: (Lifetime & { readonly base: number })[] = [];
  let depth = 0;
  for (const { index, ...region } of order) {
    const taken = placed
      .filter((other) => other.until > region.from && other.from < region.until)
      .sort((a, b) => a.base - b.base);
    const base = bestGap(taken, region.words, depth);
    bases[index] = base;
    placed.push({ ...region, base });
    depth = Math.max(depth, base + region.words);
  }
  return { bases, depth };
}

/** Where the smallest gap that holds so many words begins; behind everything where none does. */
function bestGap(
  taken: readonly { readonly base: number; readonly words: number }[],
  words: number,
  depth: number,
): number {
  let end = 0;
  let best: { readonly base: number; readonly words: number } | null = null;
  for (const { base, words: size } of [...taken, { base: depth, words: 0 }]) {
    const gap = base - end;
    if (gap >= words && (!best || gap < best.words)) best = { base: end, words: gap };
    end = Math.max(end, base + size);
  }
  // What is free at the end of the memory is made longer.
  const last = taken.reduce((most, t) => Math.max(most, t.base + t.words), 0);
  return best ? best.base : last;
}
