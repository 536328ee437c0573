/**
 * What follows the accumulator of a matrix product, element by element:
 *
 *     t = clip((accumulator + bias[c]) * multiplier[c] + 2^(shift-1) >> shift, low, high)
 *     y = table ? table[t - low] : t
 *     y = residual ? clip(y + (x * residual.multiplier + 2^(residual.shift-1) >> residual.shift), output range) : y
 *
 * `>>` is arithmetic; the rounding constant is absent when the shift is 0 (round half up,
 * integer-operators section 4 of docs/arithmetic.md). `c` is the output channel.
 */
export interface Epilogue {
  /** One per output channel, in accumulator units. */
  readonly bias: Int32Array;
  /** One per output channel, 1 .. 2^16-1. */
  readonly multiplier: Int32Array;
  /** 0 .. 47 */
  readonly shift: number;
  readonly low: number;
  readonly high: number;
  /** `high - low + 1` output codes: an activation and its requantization in one. */
  readonly table: Int32Array | null;
  readonly residual: Residual | null;
}

/** The skip connection, brought to the scale of the branch. */
export interface Residual {
  /** Name of the tensor that is added. */
  readonly input: string;
  /** 1 .. 2^24-1 */
  readonly multiplier: number;
  /** 0 .. 31 */
  readonly shift: number;
}
