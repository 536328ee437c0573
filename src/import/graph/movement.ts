import { constantNumbers, intAttribute, intsAttribute, listOperand } from './attributes.ts';
import type { Evaluator } from './evaluator.ts';
import {
  broadcastIndices,
  broadcastShape,
  combineOffsets,
  normalizeAxis,
  range,
  stridesOf,
} from './shapes.ts';
import {
  type NodeFault,
  reshaped,
  selected,
  sizeOf,
  unsupported,
  type Value,
  wrongShape,
} from './value.ts';

/** Result of a rule that only rearranges its first operand. */
type Movement = (
  x: Value,
  node: Parameters<Evaluator>[0],
  operands: readonly (Value | null)[],
) => Value[] | NodeFault;

const moving =
  (move: Movement): Evaluator =>
  (node, operands) => {
    const x = operands[0];
    return x ? move(x, node, operands) : unsupported('its first operand is missing');
  };

const unchanged = moving((x) => [x]);

/** Exporters pad by nothing where a layer might pad. */
const pad = moving((x, node, operands) => {
  const pads = listOperand(node, 'pads', operands[1]);
  return pads?.every((n) => n === 0) ? [x] : unsupported(`it pads its data by [${pads ?? '?'}]`);
});

const reshape = moving((x, node, operands) => {
  const wanted = constantNumbers(operands[1]);
  if (!wanted) return unsupported('its shape depends on the data');
  const keepsZero = intAttribute(node, 'allowzero', 0) !== 0;
  const shape = wanted.map((n, d) => (n === 0 && !keepsZero ? (x.shape[d] ?? 0) : n));
  const known = sizeOf(shape.filter((n) => n !== -1));
  const full = shape.map((n) => (n === -1 ? sizeOf(x.shape) / known : n));
  if (sizeOf(full) !== sizeOf(x.shape) || full.some((n) => !Number.isInteger(n) || n < 0)) {
    return wrongShape(`it reshapes [${x.shape}] to [${wanted}]`);
  }
  return [reshaped(x, full)];
});

const flatten = moving((x, node) => {
  const axis = intAttribute(node, 'axis', 1);
  const border = axis < 0 ? axis + x.shape.length : axis;
  return [reshaped(x, [sizeOf(x.shape.slice(0, border)), sizeOf(x.shape.slice(border))])];
});

const squeeze = moving((x, node, operands) => {
  const axes = listOperand(node, 'axes', operands[1])?.map((a) => normalizeAxis(a, x.shape.length));
  const keep = x.shape.filter((n, d) => (axes ? !axes.includes(d) : n !== 1));
  if (sizeOf(keep) !== sizeOf(x.shape)) return wrongShape(`it squeezes [${x.shape}]`);
  return [reshaped(x, keep)];
});

const unsqueeze = moving((x, node, operands) => {
  const axes = listOperand(node, 'axes', operands[1]);
  if (!axes) return unsupported('its axes depend on the data');
  const rank = x.shape.length + axes.length;
  const added = new Set(axes.map((axis) => normalizeAxis(axis, rank)));
  if (added.size !== axes.length || added.has(null)) return wrongShape(`its axes are [${axes}]`);
  const rest = [...x.shape];
  return [
    reshaped(
      x,
      range(rank, (d) => (added.has(d) ? 1 : (rest.shift() as number))),
    ),
  ];
});

const transpose = moving((x, node) => {
  const rank = x.shape.length;
  const order = intsAttribute(node, 'perm') ?? range(rank, (d) => rank - 1 - d);
  if (new Set(order).size !== rank || order.some((d) => normalizeAxis(d, rank) !== d)) {
    return wrongShape(`it permutes the axes of [${x.shape}] by [${order}]`);
  }
  const strides = stridesOf(x.shape);
  const shape = order.map((d) => x.shape[d] as number);
  const offsets = order.map((d) => range(x.shape[d] as number, (i) => i * (strides[d] as number)));
  return [selected(x, combineOffsets(offsets), shape)];
});

/** The elements at `positions` of one axis. */
function take(x: Value, axis: number, positions: readonly number[]): Value {
  const strides = stridesOf(x.shape);
  const offsets = x.shape.map((size, d) => {
    const step = strides[d] as number;
    return d === axis ? positions.map((i) => i * step) : range(size, (i) => i * step);
  });
  const shape = x.shape.map((size, d) => (d === axis ? positions.length : size));
  return selected(x, combineOffsets(offsets), shape);
}

const gather = moving((x, node, operands) => {
  const indices = operands[1];
  if (indices?.kind !== 'constant') return unsupported('its indices depend on the data');
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), x.shape.length);
  if (axis === null) return wrongShape(`its axis is not one of [${x.shape}]`);
  const size = x.shape[axis] as number;
  const positions = Array.from(indices.data, (i) => (i < 0 ? i + size : i));
  if (positions.some((i) => i < 0 || i >= size)) {
    return wrongShape(`it takes [${Array.from(indices.data)}] of an axis of ${size}`);
  }
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return [reshaped(take(x, axis, positions), shape)];
});

const slice = moving((x, _node, operands) => {
  const rank = x.shape.length;
  const [starts, ends] = [constantNumbers(operands[1]), constantNumbers(operands[2])];
  if (!starts || !ends) return unsupported('its borders depend on the data');
  const axes = constantNumbers(operands[3]) ?? range(starts.length, (d) => d);
  const steps = constantNumbers(operands[4]) ?? starts.map(() => 1);
  let result = x;
  for (const [i, given] of axes.entries()) {
    const axis = normalizeAxis(given, rank);
    const step = steps[i];
    if (axis === null || !step) return wrongShape(`it slices [${x.shape}] along axis ${given}`);
    const size = x.shape[axis] as number;
    // ONNX clamps to [0, size] going up and to [-1, size - 1] going down.
    const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
    const border = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, least), most);
    const [start, end] = [border(starts[i] as number), border(ends[i] as number)];
    const count = Math.max(0, Math.ceil((end - start) / step));
    result = take(
      result,
      axis,
      range(count, (k) => start + k * step),
    );
  }
  return [result];
});

const split = moving((x, node, operands) => {
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), x.shape.length);
  if (axis === null) return wrongShape(`its axis is not one of [${x.shape}]`);
  const size = x.shape[axis] as number;
  const parts = node.outputs.length;
  const each = Math.ceil(size / parts);
  const sizes =
    constantNumbers(operands[1]) ??
    range(parts, (i) => Math.max(0, Math.min(each, size - i * each)));
  if (sizes.length !== parts || sizes.reduce((a, b) => a + b, 0) !== size) {
    return wrongShape(`it splits an axis of ${size} into [${sizes}]`);
  }
  let start = 0;
  return sizes.map((count) => {
    const from = start;
    start += count;
    return take(
      x,
      axis,
      range(count, (i) => from + i),
    );
  });
});

const expand = moving((x, _node, operands) => {
  const wanted = constantNumbers(operands[1]);
  if (!wanted) return unsupported('its shape depends on the data');
  const shape = broadcastShape(x.shape, wanted);
  if (!shape) return wrongShape(`it expands [${x.shape}] to [${wanted}]`);
  return [selected(x, broadcastIndices(x.shape, shape), shape)];
});

/** ONNX data types between which a cast keeps the values of a tensor that is not constant. */
const FLOATING = new Set([1, 10, 11]);

const cast = moving((x, node) => {
  const target = intAttribute(node, 'to', 1);
  const integer = !FLOATING.has(target);
  if (x.kind === 'view') {
    return integer ? unsupported(`it casts data to the integer type ${target}`) : [x];
  }
  // 9 is BOOL.
  const convert = target === 9 ? (v: number) => (v === 0 ? 0 : 1) : Math.trunc;
  return [{ ...x, data: integer ? Float64Array.from(x.data, convert) : x.data, integer }];
});

/** Operators that only rearrange, repeat or rename elements. */
export const MOVEMENT: Readonly<Record<string, Evaluator>> = {
  Identity: unchanged,
  Dropout: unchanged,
  Cast: cast,
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  Pad: pad,
  Reshape: reshape,
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
};
