import { toNumber } from '../onnx/schema.ts';
import { readTensor } from '../onnx/tensor.ts';
import {
  constantNumbers,
  floatAttribute,
  intAttribute,
  intsAttribute,
  listOperand,
} from './attributes.ts';
import { einsumBy } from './einsum.ts';
import type { Evaluator } from './evaluator.ts';
import { gemm, matMul, wrongBias } from './products.ts';
import { normalizeAxis, range } from './shapes.ts';
import {
  type Constant,
  selected,
  sizeOf,
  sourceIndex,
  unsupported,
  type Value,
  type View,
  wholeView,
  wrongShape,
} from './value.ts';

function integers(values: readonly number[], shape: readonly number[] = [values.length]): Constant {
  return { kind: 'constant', shape, data: Float64Array.from(values), integer: true, name: '' };
}

function floats(values: readonly number[], shape: readonly number[] = [values.length]): Constant {
  return { kind: 'constant', shape, data: Float64Array.from(values), integer: false, name: '' };
}

const constant: Evaluator = (node) => {
  const [name, attribute] = [...node.attributes][0] ?? [];
  if (!attribute) return unsupported('it has no value');
  switch (name) {
    case 'value': {
      const tensor = attribute.t && readTensor(attribute.t);
      if (!tensor) return unsupported('its value is empty');
      return 'code' in tensor ? unsupported(`its value ${tensor.reason}`) : [tensor];
    }
    case 'value_float':
      return [floats([attribute.f], [])];
    case 'value_floats':
      return [floats(attribute.floats)];
    case 'value_int':
      return [integers([toNumber(attribute.i)], [])];
    case 'value_ints':
      return [integers(attribute.ints.map(toNumber))];
    default:
      return unsupported(`its value is given as '${name}'`);
  }
};

const constantOfShape: Evaluator = (node, [shapeOperand]) => {
  const shape = constantNumbers(shapeOperand);
  if (!shape) return unsupported('its shape depends on the data');
  if (shape.some((n) => !Number.isInteger(n) || n < 0)) {
    return wrongShape(`its shape is [${shape}]`);
  }
  const given = node.attributes.get('value')?.t;
  const tensor = given ? readTensor(given) : floats([0]);
  if ('code' in tensor) return unsupported(`its value ${tensor.reason}`);
  const data = new Float64Array(sizeOf(shape)).fill(tensor.data[0] ?? 0);
  return [{ kind: 'constant', shape, data, integer: tensor.integer, name: '' }];
};

const shape: Evaluator = (node, [x]) => {
  if (!x) return unsupported('its operand is missing');
  const rank = x.shape.length;
  const start = intAttribute(node, 'start', 0);
  return [integers(x.shape.slice(start, intAttribute(node, 'end', rank)))];
};

const rangeOperator: Evaluator = (_node, operands) => {
  const [start, limit, delta] = operands.map((value) => constantNumbers(value)?.[0]);
  if (start === undefined || limit === undefined || !delta) {
    return unsupported('its borders depend on the data');
  }
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  return [integers(range(count, (i) => start + i * delta))];
};

const concat: Evaluator = (node, operands, evaluation) => {
  const values = operands.filter((value): value is Value => value !== null);
  const first = values[0] as View | undefined;
  const axis = first && normalizeAxis(intAttribute(node, 'axis', 0), first.shape.length);
  if (!first || axis === null || axis === undefined) return wrongShape('its axis does not exist');
  const fits = values.every(
    ({ shape: s }) =>
      s.length === first.shape.length && s.every((n, d) => d === axis || n === first.shape[d]),
  );
  if (!fits) return wrongShape(`it joins ${values.map((v) => `[${v.shape}]`).join(' and ')}`);
  const total = values.reduce((sum, value) => sum + (value.shape[axis] as number), 0);
  const joined = first.shape.map((n, d) => (d === axis ? total : n));
  const views = values.filter((value): value is View => value.kind === 'view');
  if (views.length === values.length && views.every(({ base }) => base === first.base)) {
    return [joinedViews(views, joined, axis)];
  }
  if (views.length > 0) return [evaluation.operation(node, joined, values, { axis })];
  const blocks = sizeOf(joined.slice(0, axis));
  const data = new Float64Array(sizeOf(joined));
  let at = 0;
  for (let block = 0; block < blocks; block++) {
    for (const value of values as Constant[]) {
      const size = value.data.length / blocks;
      data.set(value.data.subarray(block * size, (block + 1) * size), at);
      at += size;
    }
  }
  const { integer } = values[0] as Constant;
  return [{ kind: 'constant', shape: joined, data, integer, name: '' }];
};

/** Views of one result, put together: again a view of it. */
function joinedViews(views: readonly View[], shape: readonly number[], axis: number): View {
  const blocks = sizeOf(shape.slice(0, axis));
  const map = new Int32Array(sizeOf(shape));
  let at = 0;
  for (let block = 0; block < blocks; block++) {
    for (const view of views) {
      const size = sizeOf(view.shape) / blocks;
      for (let i = 0; i < size; i++) map[at++] = sourceIndex(view, block * size + i);
    }
  }
  const base = wholeView((views[0] as View).base);
  return selected(base, map, shape) as View;
}

const conv: Evaluator = (node, [x, weight, bias], evaluation) => {
  if (!x || weight?.kind !== 'constant') return unsupported('its weight is not constant');
  if (bias && bias.kind !== 'constant') return unsupported('its bias is not constant');
  const [out = 0, channels = 0, ...kernel] = weight.shape;
  const strides = intsAttribute(node, 'strides') ?? kernel.map(() => 1);
  if (x.shape.length !== 4 || kernel.length !== 2 || x.shape[1] !== channels) {
    return wrongShape(`it convolves [${x.shape}] with [${weight.shape}]`);
  }
  const [size = 0] = kernel;
  if (bias && sizeOf(bias.shape) !== out) return wrongBias(bias, out);
  const square = kernel.every((n) => n === size) && strides.every((n) => n === size);
  if (!square) {
    return unsupported(
      `a convolution must cut square patches without overlap, but this one has a kernel of ${kernel.join('x')} and strides of ${strides.join('x')}`,
    );
  }
  const pads = intsAttribute(node, 'pads') ?? [];
  const dilations = intsAttribute(node, 'dilations') ?? [];
  if (intAttribute(node, 'group', 1) !== 1) return unsupported('a grouped convolution');
  if (pads.some((n) => n !== 0)) return unsupported(`a convolution with pads of [${pads}]`);
  if (dilations.some((n) => n !== 1)) return unsupported('a dilated convolution');
  const [rows, columns] = x.shape.slice(2).map((n) => Math.floor(n / size)) as [number, number];
  const operands = bias ? [x, weight, bias] : [x, weight];
  return [evaluation.operation(node, [x.shape[0] as number, out, rows, columns], operands)];
};

const softmax: Evaluator = (node, [x], evaluation) => {
  if (!x) return unsupported('its operand is missing');
  const axis = normalizeAxis(intAttribute(node, 'axis', -1), x.shape.length);
  if (axis !== x.shape.length - 1) return unsupported(`a softmax over axis ${axis}, not the last`);
  return [evaluation.operation(node, x.shape, [x])];
};

const layerNormalization: Evaluator = (node, [x, weight, bias], evaluation) => {
  if (!x || weight?.kind !== 'constant') return unsupported('its weight is not constant');
  if (bias && bias.kind !== 'constant') return unsupported('its bias is not constant');
  const axis = normalizeAxis(intAttribute(node, 'axis', -1), x.shape.length);
  if (axis !== x.shape.length - 1) return unsupported('a LayerNorm over more than the last axis');
  if (sizeOf(weight.shape) !== x.shape[axis]) {
    return wrongShape(`it weighs [${x.shape}] by [${weight.shape}]`);
  }
  if (bias && sizeOf(bias.shape) !== x.shape[axis]) return wrongBias(bias, sizeOf(weight.shape));
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  return [evaluation.operation(node, x.shape, bias ? [x, weight, bias] : [x, weight], { epsilon })];
};

const reduceMean: Evaluator = (node, [x, axesOperand], evaluation) => {
  if (!x) return unsupported('its operand is missing');
  const axes = listOperand(node, 'axes', axesOperand)?.map((a) => normalizeAxis(a, x.shape.length));
  const axis = axes?.[0];
  if (axes?.length !== 1 || axis === null || axis === undefined) {
    return unsupported('a mean over more than one axis');
  }
  const keeps = intAttribute(node, 'keepdims', 1) !== 0;
  const result = x.shape.flatMap((n, d) => (d !== axis ? [n] : keeps ? [1] : []));
  return [evaluation.operation(node, result, [x], { axis })];
};

/** Operators that are neither elementwise nor only move data. */
export const OPERATORS: Readonly<Record<string, Evaluator>> = {
  Concat: concat,
  Einsum: einsumBy(matMul),
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Conv: conv,
  Gemm: gemm,
  LayerNormalization: layerNormalization,
  MatMul: matMul,
  Range: rangeOperator,
  ReduceMean: reduceMean,
  Shape: shape,
  Softmax: softmax,
};
