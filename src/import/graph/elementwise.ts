import { erf, gelu } from '../../quantize/index.ts';
import { stringAttribute } from './attributes.ts';
import type { Evaluator } from './evaluator.ts';
import { broadcastIndices, broadcastShape } from './shapes.ts';
import {
  type Constant,
  sameElements,
  sizeOf,
  unsupported,
  type Value,
  wrongShape,
} from './value.ts';

/** Elementwise functions of one operand, by operator type. */
export const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Erf: erf,
  Gelu: gelu,
  Neg: (x) => -x,
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(x, 0),
  Sqrt: Math.sqrt,
  Tanh: Math.tanh,
};

/** Elementwise functions of two operands, by operator type. */
export const BINARY: Readonly<Record<string, (x: number, y: number) => number>> = {
  Add: (x, y) => x + y,
  Div: (x, y) => x / y,
  Mul: (x, y) => x * y,
  Pow: (x, y) => x ** y,
  Sub: (x, y) => x - y,
};

/** Functions that are evaluated on constants alone: they occur in the arithmetic of shapes. */
const CONSTANT_BINARY: Readonly<Record<string, (x: number, y: number) => number>> = {
  And: (x, y) => Number(x !== 0 && y !== 0),
  Equal: (x, y) => Number(x === y),
  Greater: (x, y) => Number(x > y),
  GreaterOrEqual: (x, y) => Number(x >= y),
  Less: (x, y) => Number(x < y),
  LessOrEqual: (x, y) => Number(x <= y),
  Max: Math.max,
  Min: Math.min,
  // Of integers, with the sign of the divisor.
  Mod: (x, y) => x - y * Math.floor(x / y),
  Or: (x, y) => Number(x !== 0 || y !== 0),
};

const CONSTANT_UNARY: Readonly<Record<string, (x: number) => number>> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  Floor: Math.floor,
  Not: (x) => Number(x === 0),
};

const unary =
  (f: (x: number) => number, foldOnly: boolean): Evaluator =>
  (node, [x], evaluation) => {
    if (!x) return unsupported('its operand is missing');
    if (x.kind === 'constant') return [{ ...x, data: x.data.map(f), name: '', codes: undefined }];
    if (foldOnly) return unsupported('it is known on constants only');
    const tanh = stringAttribute(node, 'approximate', 'none') === 'tanh';
    return [evaluation.operation(node, x.shape, [x], { tanh: Number(tanh) })];
  };

const binary =
  (f: (x: number, y: number) => number, foldOnly: boolean): Evaluator =>
  (node, [x, y], evaluation) => {
    if (!x || !y) return unsupported('an operand is missing');
    const shape = broadcastShape(x.shape, y.shape);
    if (!shape) return wrongShape(`its operands have the shapes [${x.shape}] and [${y.shape}]`);
    if (x.kind === 'constant' && y.kind === 'constant') return [fold(f, x, y, shape)];
    if (foldOnly) return unsupported('it is known on constants only');
    return [evaluation.operation(node, shape, [x, y])];
  };

function fold(
  f: (x: number, y: number) => number,
  x: Constant,
  y: Constant,
  shape: readonly number[],
): Constant {
  const [xs, ys] = [broadcastIndices(x.shape, shape), broadcastIndices(y.shape, shape)];
  const integer = x.integer && y.integer;
  const data = new Float64Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    const value = f(x.data[xs[i] as number] as number, y.data[ys[i] as number] as number);
    data[i] = integer ? Math.trunc(value) : value;
  }
  return { kind: 'constant', shape, data, integer, name: '' };
}

/** `Where(IsNaN(y), constant, y)`, by which PyTorch guards a softmax of a fully masked row, is `y`. */
function withoutGuard(condition: Value | null | undefined, y: Value | null | undefined) {
  const [asked] = condition?.kind === 'view' && !condition.map ? condition.base.operands : [];
  if (condition?.kind !== 'view' || condition.base.type !== 'IsNaN') return null;
  const same = asked?.kind === 'view' && y?.kind === 'view' && sameElements(asked, y);
  return same ? y : null;
}

const where: Evaluator = (_node, [condition, x, y]) => {
  const guarded = x?.kind === 'constant' ? withoutGuard(condition, y) : null;
  if (guarded) return [guarded];
  const all: readonly (Value | null | undefined)[] = [condition, x, y];
  if (!all.every((value) => value?.kind === 'constant')) {
    return unsupported('it is known on constants only');
  }
  const [c, a, b] = all as [Constant, Constant, Constant];
  const shape = broadcastShape(broadcastShape(c.shape, a.shape) ?? [], b.shape);
  if (!shape) return wrongShape(`its operands have the shapes [${a.shape}] and [${b.shape}]`);
  const [cs, as, bs] = [c, a, b].map((value) => {
    const indices = broadcastIndices(value.shape, shape);
    return Float64Array.from(indices, (i) => value.data[i] as number);
  }) as [Float64Array, Float64Array, Float64Array];
  const data = cs.map((chosen, i) => (chosen ? (as[i] as number) : (bs[i] as number)));
  return [{ kind: 'constant', shape, data, integer: a.integer, name: '' }];
};

const isNotANumber: Evaluator = (node, [x], evaluation) =>
  x?.kind === 'view'
    ? [evaluation.operation(node, x.shape, [x])]
    : unsupported('it is known behind a softmax only');

const each = <F>(table: Readonly<Record<string, F>>, make: (f: F) => Evaluator) =>
  Object.fromEntries(Object.entries(table).map(([type, f]) => [type, make(f)]));

/** Operators that compute element by element. */
export const ELEMENTWISE: Readonly<Record<string, Evaluator>> = {
  ...each(UNARY, (f) => unary(f, false)),
  ...each(BINARY, (f) => binary(f, false)),
  ...each(CONSTANT_UNARY, (f) => unary(f, true)),
  ...each(CONSTANT_BINARY, (f) => binary(f, true)),
  IsNaN: isNotANumber,
  Where: where,
};
