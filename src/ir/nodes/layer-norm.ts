import type { Place } from '../../diagnostics/index.ts';
import { type NumberFormat, uniform } from '../format.ts';
import type { TensorType } from '../tensor.ts';

/**
 * Row-wise normalization with a table for the reciprocal square root:
 *
 *     mu = (sum_c x[c]) * meanMultiplier + 2^(meanShift-1) >> meanShift
 *     d  = x - mu
 *     r  = table[clip((sum_c d[c]^2 + varianceBias) >> varianceShift, 0, table.length - 1)]
 *     y  = clip((d[c] * r * weight[c] + bias[c]) >> shift, output range)
 *
 * Only the first `rows` rows of the input are normalized. `bias` includes the rounding constant.
 *
 * With steps per token (`output.rowExponent = E`) the bias has no rounding constant, and
 *
 *     v    = d * r * weight[c] + bias[c]
 *     w[c] = v[c] >> (shift - E - 1)
 *     e    = the largest of 0 .. E with -2^(bits+E-e) <= w[c] < 2^(bits+E-e) for all c, 0 if none is
 *     y    = clip(v[c] + 2^(shift-e-1) >> (shift - e), output range)
 */
export interface LayerNormNode {
  readonly kind: 'layerNorm';
  readonly output: TensorType;
  readonly input: string;
  readonly path: string;
  readonly rows: number;
  /** 1 .. 2^16-1 */
  readonly meanMultiplier: number;
  readonly meanShift: number;
  readonly varianceBias: number;
  readonly varianceShift: number;
  /** Unsigned 16-bit entries, at most 4096. */
  readonly table: Int32Array;
  /** One per channel, codes of the weight's format. */
  readonly weight: Int32Array;
  /** `int12` when absent. */
  readonly weightFormat?: NumberFormat | undefined;
  /** One per channel; integers that may exceed 32 bits (signed 48). */
  readonly bias: Float64Array;
  readonly shift: number;
  readonly place?: Place | undefined;
}

/** The format of a node's weights: 12 bits hold what the quantizer makes, checkpoints may have more. */
export function layerNormWeightFormat(node: Pick<LayerNormNode, 'weightFormat'>): NumberFormat {
  return node.weightFormat ?? uniform(12);
}
