import type { Place } from '../../diagnostics/index.ts';
import type { TensorType } from '../tensor.ts';
import type { TensorRequantization } from './requantization.ts';

/**
 * Scores of every head, brought to the softmax's input format. Head `h` owns the channels
 * `h*d .. h*d+d-1` of query and key, `d = channels / heads`:
 *
 *     acc[h,i,j] = sum_c query[i, h*d+c] * key[j, h*d+c]
 *
 * then the requantization.
 */
export interface ScoresNode extends TensorRequantization {
  readonly kind: 'scores';
  readonly output: TensorType;
  readonly query: string;
  readonly key: string;
  readonly heads: number;
  readonly place?: Place | undefined;
}

/**
 * Row-wise softmax by tables:
 *
 *     e    = expTable[clip((max_j x - x + expBias) >> expShift, 0, expTable.length - 1)]
 *     acc  = sum_j e
 *     i1   = (acc + one.indexBias) >> one.indexShift
 *     part = i1 <= one.table.length - 1 ? one : two
 *     y    = clip((e * part.table[clip(acc + part.indexBias >> part.indexShift, 0, part.table.length - 1)]
 *                  + part.bias) >> part.shift, output range)
 */
export interface SoftmaxNode {
  readonly kind: 'softmax';
  readonly output: TensorType;
  readonly input: string;
  readonly expBias: number;
  readonly expShift: number;
  /** Unsigned entries of at most 16 bits, at most 1024 of them. */
  readonly expTable: Int32Array;
  readonly one: ReciprocalTable;
  readonly two: ReciprocalTable;
  readonly place?: Place | undefined;
}

/** One of the two ranges of the softmax's reciprocal. */
export interface ReciprocalTable {
  readonly indexBias: number;
  readonly indexShift: number;
  /** Unsigned 16-bit entries, at most 1024 of them. */
  readonly table: Int32Array;
  readonly bias: number;
  readonly shift: number;
}

/**
 * Values weighted by probabilities; heads concatenated along the channels:
 *
 *     acc[i, h*d+c] = sum_j probability[h,i,j] * value[j, h*d+c]
 *
 * then the requantization.
 */
export interface WeightedValuesNode extends TensorRequantization {
  readonly kind: 'weightedValues';
  readonly output: TensorType;
  readonly probability: string;
  readonly value: string;
  readonly heads: number;
  readonly place?: Place | undefined;
}
