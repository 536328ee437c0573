import type { NumberFormat } from './format.ts';

/** An integer tensor that flows between nodes. Its codes are row-major over `shape`. */
export interface TensorType {
  /** Unique in the graph; the name that reports and mismatches use, `block0.attention.query`. */
  readonly name: string;
  /** `[tokens, channels]`, or `[heads, queries, keys]` for scores and probabilities. */
  readonly shape: readonly number[];
  readonly format: NumberFormat;
  /** Real value of one step. For reports only: no node computes with it. */
  readonly scale: number;
  /**
   * The code that stands for 0; 0 when absent, between two codes for signs. For reports only, like
   * the scale.
   */
  readonly zeroPoint?: number | undefined;
  /**
   * Largest exponent of steps per token: row `t` has the step `scale * 2^-e[t]`, with `e[t]` from 0
   * to this chosen at run time. 0 when absent: one step for all rows.
   */
  readonly rowExponent?: number | undefined;
}

/** Behind the name of a tensor with steps per token: `e[t]`, one of each row. */
export const EXPONENTS_SUFFIX = '.exponents';

export function elementCount(type: TensorType): number {
  return type.shape.reduce((product, n) => product * n, 1);
}
