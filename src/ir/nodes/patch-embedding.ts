import type { Place } from '../../diagnostics/index.ts';
import type { NumberFormat } from '../format.ts';
import type { TensorType } from '../tensor.ts';

/**
 * Patches to tokens. `leading` rows hold no patch but the class token:
 *
 *     acc[t,c] = t < leading ? 0 : sum_k x[p(t),k] * weight[c,k]
 *
 * The leading rows precede the patches, `p(t) = t - leading`, or replace the first of them,
 * `p(t) = t`. The offset is added to the output:
 *
 *     s[t,c] = clip(acc * multiplier[c] + 2^(shift-1) >> shift, output range)
 *     y[t,c] = clip(s[t,c] + offset[t,c], output range)
 *
 * or to the accumulator:
 *
 *     y[t,c] = clip((acc + offset[t,c]) * multiplier[c] + 2^(shift-1) >> shift, output range)
 *
 * `offset` holds position embedding, bias and class token together, in units of where it is added.
 */
export interface PatchEmbeddingNode {
  readonly kind: 'patchEmbedding';
  readonly output: TensorType;
  readonly input: string;
  readonly leading: number;
  /** `precede` when absent. */
  readonly leadingRows?: 'precede' | 'replace' | undefined;
  /** `[channels, patchSize]`, row-major. */
  readonly weight: Int32Array;
  readonly weightFormat: NumberFormat;
  /** Parameter path of the weight, for file names. */
  readonly path: string;
  /** One per output channel, 1 .. 2^16-1. */
  readonly multiplier: Int32Array;
  readonly shift: number;
  /** `[tokens, channels]`, row-major; within the output range when it is added to the output. */
  readonly offset: Int32Array;
  /** `output` when absent. */
  readonly offsetTo?: 'output' | 'accumulator' | undefined;
  readonly place?: Place | undefined;
}
