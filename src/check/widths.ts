/**
 * Proven widths of what a node computes on the way, in bits of a signed two's-complement number.
 * They follow from the formats of the operands and the length of the reduction, not from the
 * values of weights: other weights of the same format fit the same hardware. Constants that have
 * no format of their own (biases, tables of exponentials) count with their values.
 */
export type NodeWidths = MatrixWidths | LayerNormWidths | SoftmaxWidths | MeanPoolWidths;

/** Patch embedding, linear, scores and weighted values. */
export interface MatrixWidths {
  readonly kind: 'matrix';
  /** Length of the reduction: products per sum. */
  readonly reduction: number;
  /** The sum of products, and every partial sum. */
  readonly accumulatorBits: number;
  /** Of the bias; 0 without one. */
  readonly biasBits: number;
  /** Accumulator and bias together. */
  readonly sumBits: number;
  /** Of the unsigned multipliers: 16, or 0 where all of them are 1 and nothing is multiplied. */
  readonly multiplierBits: number;
  /** The sum times its multiplier, with and without the rounding constant. */
  readonly productBits: number;
  /** After the shift, before it is clipped. */
  readonly shiftedBits: number;
  /** What is added after the clip or table; null when nothing is. */
  readonly added: AddedWidths | null;
  /** `int8 x int8 x 256 products: |acc| <= 4194304, 24 bits` */
  readonly proof: string;
}

/** The skip connection of a linear layer, or the offset of the patch embedding. */
export interface AddedWidths {
  /** Of the unsigned multiplier of the skip code, at least 16; 0 for an offset. */
  readonly multiplierBits: number;
  /** Skip code times its multiplier, with the rounding constant; 0 for an offset. */
  readonly productBits: number;
  /** The last sum before it is clipped to the output's format. */
  readonly sumBits: number;
}

export interface LayerNormWidths {
  readonly kind: 'layerNorm';
  /** `sum_c x` */
  readonly sumBits: number;
  /** The sum times the mean's multiplier, with and without the rounding constant. */
  readonly meanProductBits: number;
  /** The rounded mean. */
  readonly meanBits: number;
  /** `d = x - mean` */
  readonly deviationBits: number;
  /** `sum_c d^2` */
  readonly squareSumBits: number;
  /** The sum of squares with the table's bias added. */
  readonly varianceBits: number;
  /** An entry of the table, unsigned. */
  readonly tableBits: number;
  /** Of the weight, with its sign. */
  readonly weightBits: number;
  /** `d * r` */
  readonly normalizedBits: number;
  /** `d * r * weight` */
  readonly weightedBits: number;
  /** With the bias added. */
  readonly biasedBits: number;
  readonly proof: string;
}

export interface SoftmaxWidths {
  readonly kind: 'softmax';
  /** `max - x + expBias` */
  readonly differenceBits: number;
  /** An entry of the table of exponentials, with a sign bit. */
  readonly exponentialBits: number;
  /** The sum of exponentials, and with the index bias of either table. */
  readonly sumBits: number;
  /** `e * r` */
  readonly productBits: number;
  /** With the rounding bias of either table added. */
  readonly biasedBits: number;
  readonly proof: string;
}

export interface MeanPoolWidths {
  readonly kind: 'meanPool';
  readonly sumBits: number;
  /** The sum times the 16-bit multiplier, with and without the rounding constant. */
  readonly productBits: number;
  readonly proof: string;
}
