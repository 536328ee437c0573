/** What an operator computes; the names of a block's parts are those of docs/architecture.md. */
export type OperatorKind =
  | 'patchEmbedding'
  | 'layerNorm'
  | 'qkv'
  | 'scores'
  | 'softmax'
  | 'weightedValues'
  | 'projection'
  | 'feedForward'
  | 'activation'
  | 'residual'
  | 'meanPool'
  | 'head';

/** Bytes that an operator moves when it stands alone: every operand once. */
export interface Traffic {
  /** Activations that it reads. */
  readonly read: number;
  readonly weights: number;
  readonly written: number;
}

/** One operator of a model and its work for one image. */
export interface Operator {
  /** `block0.mlp.linear0` */
  readonly name: string;
  readonly kind: OperatorKind;
  /** Products of a matrix product; 0 for the rest. */
  readonly products: number;
  /** A product and its sum are two operations. */
  readonly operations: number;
  readonly traffic: Traffic;
  /** All of the traffic. */
  readonly bytes: number;
  /** Operations per byte. */
  readonly intensity: number;
  /** Whether the engine makes it on the way of a matrix product's results, without traffic of its own. */
  readonly fused: boolean;
}

/**
 * Operations per element of what is no matrix product, counted on the formulas in floating point:
 *
 * - softmax 5: maximum, difference, exponential, sum, product with the reciprocal;
 * - LayerNorm 7: sum, difference, square, sum of squares, and products with root and weight, bias;
 * - GELU 8, by its tanh form `x/2 (1 + tanh(c (x + d x x x)))`: products `x x`, with `x`, with `d`,
 *   sum, product with `c`, tanh, sum with 1, product with `x/2`;
 * - ReLU, skip connection and mean 1.
 *
 * Roots, reciprocals and means of a row are left out: one for hundreds of elements.
 */
export const OPERATIONS = Object.freeze({
  softmax: 5,
  layerNorm: 7,
  gelu: 8,
  relu: 1,
  residual: 1,
  meanPool: 1,
});

/** An element count and the bits of each. */
export type Operand = readonly [elements: number, bits: number];

export interface OperatorParts {
  readonly name: string;
  readonly kind: OperatorKind;
  readonly products?: number;
  /** Of what is no matrix product. */
  readonly operations?: number;
  readonly read: readonly Operand[];
  readonly weights?: readonly Operand[];
  readonly written: readonly Operand[];
  readonly fused?: boolean;
}

export function operator(parts: OperatorParts): Operator {
  const { name, kind, products = 0, fused = false } = parts;
  const operations = parts.operations ?? 2 * products;
  const traffic: Traffic = {
    read: bytesOf(parts.read),
    weights: bytesOf(parts.weights ?? []),
    written: bytesOf(parts.written),
  };
  const bytes = traffic.read + traffic.weights + traffic.written;
  const intensity = operations / bytes;
  return Object.freeze({ name, kind, products, operations, traffic, bytes, intensity, fused });
}

function bytesOf(operands: readonly Operand[]): number {
  return operands.reduce((sum, [elements, bits]) => sum + (elements * bits) / 8, 0);
}
