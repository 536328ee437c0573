import { rangeOf } from '../format.ts';
import type { TensorType } from '../tensor.ts';

/**
 * Accumulators to codes with the same constants for the whole tensor:
 *
 *     t = clip((acc + bias) * multiplier + 2^(shift-1) >> shift, low, high)
 *     y = table ? table[t - low] : t
 *
 * A table by index, `table[clip((acc + b) >> s, 0, bound)]`, has the multiplier 1, the shift `s`,
 * the bounds `0 .. bound` and the bias `b - 2^(s-1)`, which takes the rounding constant back.
 */
export interface Requantization {
  /** In accumulator units, an int32. */
  readonly bias: number;
  /** 1 .. 2^16-1 */
  readonly multiplier: number;
  /** 0 .. 47 */
  readonly shift: number;
  readonly low: number;
  readonly high: number;
  /** `high - low + 1` output codes. */
  readonly table: Int32Array | null;
}

/**
 * A requantization as a node holds it. What is absent has the value by which it does nothing: a
 * bias of 0, the range of the output's format, no table.
 */
export interface TensorRequantization {
  readonly multiplier: number;
  readonly shift: number;
  readonly bias?: number | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly table?: Int32Array | null | undefined;
}

/** The requantization of a node in full. */
export function requantizationOf(
  node: TensorRequantization & { readonly output: TensorType },
): Requantization {
  const range = rangeOf(node.output.format);
  const { multiplier, shift, bias = 0, low = range.low, high = range.high, table = null } = node;
  return { bias, multiplier, shift, low, high, table };
}
