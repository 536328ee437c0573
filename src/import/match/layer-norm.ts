import { type Operation, sameElements, type View } from '../graph/value.ts';
import { bare, isScalar, rowOf, viewAndConstant, whole } from './views.ts';

export interface LayerNorm {
  /** With the quantizer before it, where there is one. */
  readonly x: View;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly epsilon: number;
}

/** LayerNorm over the last axis, as one node or taken apart into its arithmetic. */
export function layerNormOf(operation: Operation): LayerNorm | null {
  const { type, operands, shape, attributes } = operation;
  const [x, weight, bias] = operands;
  if (type !== 'LayerNormalization') return decomposed(operation);
  if (x?.kind !== 'view' || weight?.kind !== 'constant') return null;
  const width = shape[shape.length - 1] as number;
  return {
    x,
    weight: Float32Array.from(weight.data),
    bias: bias?.kind === 'constant' ? Float32Array.from(bias.data) : new Float32Array(width),
    epsilon: attributes.epsilon ?? 0,
  };
}

/** `normalized * weight + bias`; an encoder without affine parameters leaves either out. */
function decomposed(operation: Operation): LayerNorm | null {
  const width = operation.shape[operation.shape.length - 1] as number;
  const sum = affine(operation, 'Add', width);
  const scaled = sum ? whole(sum.view) : operation;
  const product = scaled && affine(scaled, 'Mul', width);
  const inner = product ? whole(product.view) : scaled;
  const normal = inner && normalized(inner);
  if (!normal) return null;
  return {
    ...normal,
    weight: Float32Array.from(product?.row ?? new Float64Array(width).fill(1)),
    bias: Float32Array.from(sum?.row ?? new Float64Array(width)),
  };
}

/** An operation of a view and a row of `width` constants. */
function affine(operation: Operation, type: string, width: number) {
  const pair = operation.type === type ? viewAndConstant(operation) : null;
  const row = pair && rowOf(pair[1], width);
  return pair && row && { view: pair[0], row };
}

/** `d / sqrt(mean(d^2) + epsilon)` with `d = x - mean(x)`, by a division or by a reciprocal. */
function normalized(operation: Operation): Pick<LayerNorm, 'x' | 'epsilon'> | null {
  const views = operation.operands.filter((value): value is View => value.kind === 'view');
  const [a, b] = views;
  if (!a || !b || views.length !== operation.operands.length) return null;
  if (operation.type === 'Div') return centeredBy(a, rootOf(b));
  if (operation.type !== 'Mul') return null;
  return centeredBy(a, reciprocalRootOf(b)) ?? centeredBy(b, reciprocalRootOf(a));
}

interface Variance {
  readonly mean: View;
  readonly epsilon: number;
}

/** `sqrt(mean + epsilon)` */
function rootOf(view: View): Variance | null {
  const base = whole(view);
  if (base?.type === 'Sqrt') return varianceOf(base.operands[0]);
  return powerOf(base) === 0.5 ? varianceOf(base?.operands[0]) : null;
}

/** `1 / sqrt(mean + epsilon)` */
function reciprocalRootOf(view: View): Variance | null {
  const base = whole(view);
  const [a, b] = base?.operands ?? [];
  if (base?.type === 'Reciprocal' && a?.kind === 'view') return rootOf(a);
  const isOne = a !== undefined && isScalar(a) && a.data[0] === 1;
  if (base?.type === 'Div' && isOne && b?.kind === 'view') return rootOf(b);
  return powerOf(base) === -0.5 ? varianceOf(a) : null;
}

function powerOf(operation: Operation | undefined): number | null {
  const [, exponent] = operation?.type === 'Pow' ? operation.operands : [];
  return exponent && isScalar(exponent) ? (exponent.data[0] as number) : null;
}

function varianceOf(value: Operation['operands'][number] | undefined): Variance | null {
  const base = value?.kind === 'view' ? whole(value) : undefined;
  const [mean, epsilon] = (base?.type === 'Add' && viewAndConstant(base)) || [];
  if (!mean || !epsilon || !isScalar(epsilon)) return null;
  return { mean, epsilon: epsilon.data[0] as number };
}

/** Checks that `d` is `x - mean(x)` and that the variance is that of `d`. */
function centeredBy(d: View, variance: Variance | null): Pick<LayerNorm, 'x' | 'epsilon'> | null {
  const square = variance && meanOperand(variance.mean);
  if (!square || !isSquareOf(square, d)) return null;
  const base = whole(d);
  const [x, center] = base?.type === 'Sub' ? base.operands : [];
  const averaged = center?.kind === 'view' ? meanOperand(center) : null;
  if (x?.kind !== 'view' || !averaged || !sameElements(bare(x), bare(averaged))) return null;
  return { x, epsilon: variance.epsilon };
}

/** What a mean over the last axis averages. */
function meanOperand(view: View): View | null {
  const base = whole(view);
  const [operand] = base?.type === 'ReduceMean' ? base.operands : [];
  if (!base || operand?.kind !== 'view') return null;
  return base.attributes.axis === operand.shape.length - 1 ? operand : null;
}

function isSquareOf(square: View, d: View): boolean {
  const base = whole(square);
  const [a, b] = base?.operands ?? [];
  const isD = (value: typeof a) => value?.kind === 'view' && sameElements(bare(value), bare(d));
  if (base?.type === 'Mul') return isD(a) && isD(b);
  return powerOf(base) === 2 && isD(a);
}
