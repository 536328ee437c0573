import type { Place } from '../../diagnostics/index.ts';
import type { NumberFormat } from '../format.ts';
import type { TensorType } from '../tensor.ts';

/**
 * Patches to tokens. `leading` rows without a patch (the class token) come first:
 *
 *     acc[t,c] = t < leading ? 0 : sum_k x[t-leading,k] * weight[c,k]
 *     s[t,c]   = clip(acc * multiplier[c] + 2^(shift-1) >> shift, output range)
 *     y[t,c]   = clip(s[t,c] + offset[t,c], output range)
 *
 * `offset` holds position embedding, bias and class token together, in output steps.
 */
export interface PatchEmbeddingNode {
  readonly kind: 'patchEmbedding';
  readonly output: TensorType;
  readonly input: string;
  readonly leading: number;
  /** `[channels, patchSize]`, row-major. */
  readonly weight: Int32Array;
  readonly weightFormat: NumberFormat;
  /** Parameter path of the weight, for file names. */
  readonly path: string;
  /** One per output channel, 1 .. 2^16-1. */
  readonly multiplier: Int32Array;
  readonly shift: number;
  /** `[tokens, channels]`, row-major, within the output range. */
  readonly offset: Int32Array;
  readonly place?: Place | undefined;
}
