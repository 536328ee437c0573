import { clip } from '../arithmetic/index.ts';

/** Multipliers are unsigned 16-bit and never 0: a row without effect is still a legal row. */
export const MAX_MULTIPLIER = 2 ** 16 - 1;

export interface Dyadic {
  readonly multiplier: number;
  readonly shift: number;
}

/**
 * Factors as `multiplier / 2^shift` with one shift: the largest with which the largest multiplier
 * still fits 16 bits, so that it keeps at least 15 significant bits (Jacob et al.,
 * arXiv 1712.05877, section 2.2). Factors beyond the range saturate.
 */
export function dyadics(
  factors: readonly number[],
  maxShift: number,
): { multipliers: Int32Array; shift: number } {
  const largest = factors.reduce((a, b) => Math.max(a, b), 0);
  let shift = maxShift;
  while (shift > 0 && Math.round(largest * 2 ** shift) > MAX_MULTIPLIER) shift--;
  const multipliers = Int32Array.from(factors, (factor) =>
    clip(Math.round(factor * 2 ** shift), 1, MAX_MULTIPLIER),
  );
  return { multipliers, shift };
}

/** One factor; see `dyadics`. */
export function dyadic(factor: number, maxShift: number): Dyadic {
  const { multipliers, shift } = dyadics([factor], maxShift);
  return { multiplier: multipliers[0] as number, shift };
}
