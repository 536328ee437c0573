import { type Operation, sameElements, sizeOf, type Value, type View } from '../graph/value.ts';
import { isScalar } from './linear.ts';

export interface LayerNorm {
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

/** `d / sqrt(mean(d^2) + epsilon) * weight + bias` with `d = x - mean(x)`. */
function decomposed(operation: Operation): LayerNorm | null {
  const width = operation.shape[operation.shape.length - 1] as number;
  const sum = split(operation, 'Add', width);
  const product = sum && split(sum.base, 'Mul', width);
  const [d, root] = (product && operandsOf(product.base, 'Div')) ?? [];
  const [variance] = operandsOf(whole(root), 'Sqrt') ?? [];
  const [a, b] = whole(variance)?.type === 'Add' ? (variance?.base.operands ?? []) : [];
  const [mean, epsilon] = a && isScalar(a) ? [b, a] : [a, b];
  const square = mean?.kind === 'view' ? meanOperand(mean) : null;
  const [x, center] = operandsOf(whole(d), 'Sub') ?? [];
  const centered = center && meanOperand(center);
  const matched = d && square && isSquareOf(square, d) && x && centered;
  if (!sum || !product || !matched || !sameElements(x, centered)) return null;
  if (!epsilon || !isScalar(epsilon)) return null;
  return {
    x,
    weight: product.constant,
    bias: sum.constant,
    epsilon: epsilon.data[0] as number,
  };
}

/** The operation that the view shows all of. */
function whole(view: View | undefined): Operation | undefined {
  return view?.map === null ? view.base : undefined;
}

/** What a mean over the last axis averages. */
function meanOperand(view: View): View | null {
  const [operand] = operandsOf(whole(view), 'ReduceMean') ?? [];
  return operand && view.base.attributes.axis === operand.shape.length - 1 ? operand : null;
}

/** An operation of a whole view and a row of `width` constants. */
function split(operation: Operation, type: string, width: number) {
  const [a, b] = operation.operands;
  if (operation.type !== type || !a || !b) return null;
  const [view, constant] = a.kind === 'view' ? [a, b] : [b, a];
  if (view.kind !== 'view' || view.map || constant.kind !== 'constant') return null;
  if (sizeOf(constant.shape) !== width) return null;
  return { base: view.base, constant: Float32Array.from(constant.data) };
}

/** The operands of an operation of that type, when all are views. */
function operandsOf(operation: Operation | undefined, type: string): View[] | null {
  if (operation?.type !== type) return null;
  const views = operation.operands.filter((value): value is View => value.kind === 'view');
  return views.length === operation.operands.length ? views : null;
}

function isSquareOf(square: View, d: View): boolean {
  const { type, operands } = whole(square) ?? { type: '', operands: [] };
  const isD = (value: Value | undefined) => value?.kind === 'view' && sameElements(value, d);
  const [a, b] = operands;
  if (type === 'Mul') return isD(a) && isD(b);
  return type === 'Pow' && isD(a) && b !== undefined && isScalar(b) && b.data[0] === 2;
}
