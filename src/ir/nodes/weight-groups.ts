/**
 * Weights with steps of their own for groups of the inputs: a code `w[n,k]` of output `n` stands for
 * `w[n,k] * 2^e[n, floor(k / size)]` steps of that output, the last group being what is left.
 */
export interface WeightGroups {
  /** Inputs of a group. */
  readonly size: number;
  /** `[out, ceil(in / size)]`, row-major, each 0 .. `MAX_GROUP_EXPONENT`. */
  readonly exponents: Int32Array;
}

/** Largest exponent of a group: two bits hold it. */
export const MAX_GROUP_EXPONENT = 3;

/** Groups of a row of weights. */
export function groupCount(inputs: number, size: number): number {
  return Math.ceil(inputs / size);
}

/** The codes `[out, in]` in steps of their output, `w[n,k] * 2^e`: the codes themselves without groups. */
export function shiftedWeights(
  codes: Int32Array,
  inputs: number,
  groups: WeightGroups | undefined,
): Int32Array {
  if (!groups) return codes;
  const { size, exponents } = groups;
  const count = groupCount(inputs, size);
  return codes.map((code, at) => {
    const row = Math.floor(at / inputs);
    const group = Math.floor((at - row * inputs) / size);
    return code * 2 ** (exponents[row * count + group] as number);
  });
}
