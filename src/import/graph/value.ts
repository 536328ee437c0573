import type { Codes, Constant } from '../onnx/constant.ts';
import type { OnnxNode } from '../onnx/read.ts';

export type { Codes, Constant };

/**
 * What a tensor of the graph is known to be, with the batch fixed to one image: a constant, or a
 * view of what an operation computes.
 */
export type Value = Constant | View;

/**
 * Elements of an operation's result. Reshapes, transpositions, splits and slices only change the
 * view, so that a pattern can ask which elements an operand holds and need not know by which
 * nodes they got there.
 */
export interface View {
  readonly kind: 'view';
  readonly shape: readonly number[];
  readonly base: Operation;
  /** For each element its index in the base's result; null: all of them in order. */
  readonly map: Int32Array | null;
}

/** Something that computes: the image, or a node that is neither constant nor only moves data. */
export interface Operation {
  readonly id: number;
  /** ONNX operator type, or `Input`. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly operands: readonly Value[];
  readonly node: OnnxNode | null;
  readonly attributes: Readonly<Record<string, number>>;
}

/** Why a node cannot be evaluated. */
export interface NodeFault {
  readonly kind: 'fault';
  readonly code: 'VT205' | 'VT207' | 'VT209';
  readonly reason: string;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function wholeView(base: Operation): View {
  return { kind: 'view', shape: base.shape, base, map: null };
}

export function fault(code: NodeFault['code'], reason: string): NodeFault {
  return { kind: 'fault', code, reason };
}

export function unsupported(reason: string): NodeFault {
  return fault('VT205', reason);
}

export function wrongShape(reason: string): NodeFault {
  return fault('VT207', reason);
}

/** Index in the base of element `i` of a view. */
export function sourceIndex(view: View, i: number): number {
  return view.map ? (view.map[i] as number) : i;
}

/** The value under another shape of the same size. */
export function reshaped<V extends Value>(value: V, shape: readonly number[]): V {
  return { ...value, shape };
}

/** The elements `indices` of a value, in that order, as `shape`. */
export function selected(value: Value, indices: Int32Array, shape: readonly number[]): Value {
  if (value.kind === 'constant') {
    const data =
      value.data instanceof Float32Array
        ? new Float32Array(indices.length)
        : new Float64Array(indices.length);
    for (let i = 0; i < data.length; i++) data[i] = value.data[indices[i] as number] as number;
    const { codes } = value;
    const pick = (from: Float64Array) => Float64Array.from(indices, (i) => from[i] as number);
    const moved = codes && { values: pick(codes.values), steps: pick(codes.steps) };
    return { ...value, data, shape, codes: moved };
  }
  const map = indices.map((i) => sourceIndex(value, i));
  const all = map.length === sizeOf(value.base.shape) && map.every((source, i) => source === i);
  return { ...value, shape, map: all ? null : map };
}

/** Whether two views hold the same elements in the same order, whatever their shapes. */
export function sameElements(a: View, b: View): boolean {
  if (a.base !== b.base || sizeOf(a.shape) !== sizeOf(b.shape)) return false;
  if (a.map === null || b.map === null) return a.map === b.map;
  const other = b.map;
  return a.map.every((source, i) => source === other[i]);
}

/** Every operation that a value depends on. */
export function operationsOf(value: Value): Set<Operation> {
  const found = new Set<Operation>();
  const open: Value[] = [value];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.kind === 'constant' || found.has(next.base)) continue;
    found.add(next.base);
    open.push(...next.base.operands);
  }
  return found;
}
