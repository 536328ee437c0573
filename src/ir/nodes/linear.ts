import type { Place } from '../../diagnostics/index.ts';
import type { NumberFormat } from '../format.ts';
import type { TensorType } from '../tensor.ts';
import type { Epilogue } from './epilogue.ts';

/**
 * `acc[t,n] = sum_k x[t,k] * weight[n,k]`, then the epilogue. With `join` rows of the input to one:
 * `acc[t,n] = sum_j sum_k x[t*join + j, k] * weight[n, j*inputs + k]`.
 */
export interface LinearNode {
  readonly kind: 'linear';
  readonly output: TensorType;
  readonly input: string;
  readonly path: string;
  /** `[out, in]`, row-major. */
  readonly weight: Int32Array;
  readonly weightFormat: NumberFormat;
  readonly epilogue: Epilogue;
  /** Rows of the input that make one row of the product; 1 when absent. */
  readonly join?: number | undefined;
  readonly place?: Place | undefined;
}
