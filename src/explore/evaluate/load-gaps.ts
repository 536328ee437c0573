import type { Loads } from './loads.ts';

/** Loads between which the shortest time is known: `DISTANCES[i]` tiles apart. */
export const DISTANCES = [1, 2, 4, 8] as const;
const FARTHEST = 8;

/** The shortest times between the starts of loads that are 1, 2, 4, .. apart. */
export interface LoadGaps {
  /** Within a frame and from one to the next; loads of the first start as if long after others. */
  readonly gaps: readonly number[];
  /** From the last load of a frame to the first of the next. */
  readonly betweenFrames: number;
  /** The very first load. */
  readonly first: number;
}

/** The starts of the last loads, a ring, and the gaps so far. */
interface Search {
  readonly starts: Float64Array;
  readonly gaps: number[];
  count: number;
}

/** Gaps of frames as `isInTime` takes them; a part that repeats is followed by itself once. */
export function gapsOf({ tiles, first, second, period, sequences }: Loads): LoadGaps {
  const search: Search = {
    starts: new Float64Array(FARTHEST).fill(Number.NEGATIVE_INFINITY),
    gaps: DISTANCES.map(() => Number.POSITIVE_INFINITY),
    count: 0,
  };
  let betweenFrames = Number.POSITIVE_INFINITY;
  let frameEnd = Number.NEGATIVE_INFINITY;
  for (const sequence of sequences) {
    const { from, until, times } = sequence;
    for (let n = 0; n < Math.min(times, 2); n++) {
      const shift = n * sequence.period;
      for (let i = from; i < until; i++) {
        const one = (first[i] as number) + shift;
        betweenFrames = Math.min(betweenFrames, one - frameEnd);
        frameEnd = Number.NEGATIVE_INFINITY;
        add(search, one);
        addRest(search, (second[i] as number) + shift, period[i] as number, tiles[i] as number);
      }
    }
    // What follows the last repeat follows it as it would the second one.
    if (times > 2) move(search, (times - 2) * sequence.period);
    if (sequence.endsFrame) frameEnd = search.starts[(search.count - 1) & (FARTHEST - 1)] as number;
  }
  return {
    gaps: search.gaps,
    betweenFrames,
    first: first[0] ?? Number.POSITIVE_INFINITY,
  };
}

/** The tiles of a product but its first. */
function addRest(search: Search, second: number, period: number, tiles: number): void {
  const few = Math.min(tiles - 1, FARTHEST);
  for (let i = 0; i < few; i++) add(search, second + i * period);
  if (tiles - 1 <= few) return;
  // Those that follow are at the same distances as these: only the last ones are remembered.
  const last = second + (tiles - 2) * period;
  for (let i = 1; i <= FARTHEST; i++) {
    search.starts[search.count++ & (FARTHEST - 1)] = last - (FARTHEST - i) * period;
  }
  for (let d = 0; d < DISTANCES.length; d++) {
    const gap = (DISTANCES[d] as number) * period;
    if (gap < (search.gaps[d] as number)) search.gaps[d] = gap;
  }
}

function add(search: Search, at: number): void {
  const { starts, gaps } = search;
  const count = search.count++;
  for (let d = 0; d < DISTANCES.length; d++) {
    const gap = at - (starts[(count - (DISTANCES[d] as number)) & (FARTHEST - 1)] as number);
    if (gap < (gaps[d] as number)) gaps[d] = gap;
  }
  starts[count & (FARTHEST - 1)] = at;
}

function move({ starts }: Search, cycles: number): void {
  for (let i = 0; i < FARTHEST; i++) starts[i] = (starts[i] as number) + cycles;
}
