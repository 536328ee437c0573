import type { Place } from '../../diagnostics/index.ts';
import type { TensorType } from '../tensor.ts';

/** Mean over the tokens: `y[0,c] = clip((sum_t x[t,c]) * multiplier + 2^(shift-1) >> shift, output range)`. */
export interface MeanPoolNode {
  readonly kind: 'meanPool';
  readonly output: TensorType;
  readonly input: string;
  /** 1 .. 2^16-1 */
  readonly multiplier: number;
  readonly shift: number;
  readonly place?: Place | undefined;
}
