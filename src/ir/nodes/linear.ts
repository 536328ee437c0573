import type { Place } from '../../diagnostics/index.ts';
import type { NumberFormat } from '../format.ts';
import type { TensorType } from '../tensor.ts';
import type { Epilogue } from './epilogue.ts';
import type { WeightGroups } from './weight-groups.ts';

/**
 * `acc[t,n] = sum_k x[t,k] * weight[n,k]`, then the epilogue. With `join` rows of the input to one:
 * `acc[t,n] = sum_j sum_k x[t*join + j, k] * weight[n, j*inputs + k]`. With groups the weights are
 * `scaledWeights`.
 */
export interface LinearNode {
  readonly kind: 'linear';
  readonly output: TensorType;
  readonly input: string;
  readonly path: string;
  /** `[out, in]`, row-major. */
  readonly weight: Int32Array;
  readonly weightFormat: NumberFormat;
  /** Steps of groups of the inputs; one step per output when absent. */
  readonly groups?: WeightGroups | undefined;
  readonly epilogue: Epilogue;
  /** Rows of the input that make one row of the product; 1 when absent. */
  readonly join?: number | undefined;
  readonly place?: Place | undefined;
}
