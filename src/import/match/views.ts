import {
  type Constant,
  type Operation,
  sourceIndex,
  type Value,
  type View,
} from '../graph/value.ts';

/** The elements of `operand` that elementwise arithmetic turned into those of `view`. */
export function through(view: View, operand: View): View {
  if (view.map === null) return { ...operand, shape: view.shape };
  const map = view.map.map((i) => sourceIndex(operand, i));
  return { ...operand, shape: view.shape, map };
}

/** The view before the quantizers on its way; these only round. */
export function bare(view: View): View {
  const [x] = view.base.type === 'FakeQuant' ? view.base.operands : [];
  return x?.kind === 'view' ? bare(through(view, x)) : view;
}

/** The last quantizer that the elements of a view passed. */
export function quantizerOf(view: View): Operation | null {
  return view.base.type === 'FakeQuant' ? view.base : null;
}

/** The operation of which the view shows everything, in order. */
export function whole(view: View | undefined): Operation | undefined {
  const inner = view && bare(view);
  return inner?.map === null ? inner.base : undefined;
}

export function isScalar(value: Value): value is Constant {
  return value.kind === 'constant' && value.data.length === 1;
}

/** A constant that an elementwise operator adds or multiplies to every row: one element per column, or one for all. */
export function rowOf(value: Value | undefined, width: number): Float64Array | null {
  if (value?.kind !== 'constant') return null;
  if (value.data.length === 1) return new Float64Array(width).fill(value.data[0] as number);
  const last = value.shape[value.shape.length - 1] ?? 1;
  return value.data.length === width && last === width ? Float64Array.from(value.data) : null;
}

/** The view and the constant of an operation of two operands, in either order. */
export function viewAndConstant({ operands: [a, b] }: Operation): [View, Constant] | null {
  if (a?.kind === 'view' && b?.kind === 'constant') return [a, b];
  return a?.kind === 'constant' && b?.kind === 'view' ? [b, a] : null;
}
