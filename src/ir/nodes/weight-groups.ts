/**
 * Weights with steps of their own for groups of the inputs: a code `w[n,k]` of output `n` stands for
 * `w[n,k] * factor[n, floor(k / size)]` steps of that output, the last group being what is left.
 */
export interface WeightGroups {
  /** Inputs of a group. */
  readonly size: number;
  /** `[out, ceil(in / size)]`, row-major, each of `GROUP_FACTORS`. */
  readonly factors: Int32Array;
}

/**
 * What the steps of groups may be: about half an octave apart, and `(2 + h) << s` with a bit each for
 * `h` and `s`, so that hardware adds and shifts where others would want a multiplier. The place in
 * the list is `{s, h}`.
 */
export const GROUP_FACTORS: readonly number[] = Object.freeze([2, 3, 4, 6]);

/** Bits of a place in the list. */
export const GROUP_CODE_BITS = 2;

/** Bits by which a sum grows with the largest factor. */
export const GROUP_GROWTH = 3;

/** Groups of a row of weights. */
export function groupCount(inputs: number, size: number): number {
  return Math.ceil(inputs / size);
}

/** The codes `[out, in]` in steps of their output, `w[n,k] * factor`; the codes without groups. */
export function scaledWeights(
  codes: Int32Array,
  inputs: number,
  groups: WeightGroups | undefined,
): Int32Array {
  if (!groups) return codes;
  const { size, factors } = groups;
  const count = groupCount(inputs, size);
  return codes.map((code, at) => {
    const row = Math.floor(at / inputs);
    const group = Math.floor((at - row * inputs) / size);
    return code * (factors[row * count + group] as number);
  });
}
