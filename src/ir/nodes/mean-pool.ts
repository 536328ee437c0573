import type { Place } from '../../diagnostics/index.ts';
import type { TensorType } from '../tensor.ts';

/** Mean over the tokens from `firstRow` on: `y[0,c] = clip((sum_t x[t,c]) * multiplier + 2^(shift-1) >> shift, output range)`. */
export interface MeanPoolNode {
  readonly kind: 'meanPool';
  readonly output: TensorType;
  readonly input: string;
  /** 1 .. 2^16-1 */
  readonly multiplier: number;
  readonly shift: number;
  /** Rows before it, of learned tokens, are left out; 0 when absent. */
  readonly firstRow?: number | undefined;
  readonly place?: Place | undefined;
}
