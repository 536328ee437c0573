import { floatAttribute, intAttribute } from './attributes.ts';
import type { Evaluator } from './evaluator.ts';
import {
  type Constant,
  type NodeFault,
  sizeOf,
  unsupported,
  type Value,
  wrongShape,
} from './value.ts';

/* Products of matrices: of data with weights, of data with data, and of constants. */

export function wrongBias(bias: Value, wanted: number): NodeFault {
  return wrongShape(`its bias is [${bias.shape}] where ${wanted} values are wanted`);
}

export const matMul: Evaluator = (node, [x, y], evaluation) => {
  if (!x || !y) return unsupported('an operand is missing');
  const [a, b] = [x.shape, y.shape];
  const [m, k] = a.slice(-2) as [number, number];
  const n = b[b.length - 1] as number;
  if (a.length < 2 || b.length < 2 || b[b.length - 2] !== k) {
    return wrongShape(`it multiplies [${a}] by [${b}]`);
  }
  if (x.kind === 'constant' && y.kind === 'constant') return constantProduct(x, y);
  const batch = [a.slice(0, -2), b.slice(0, -2)].map(sizeOf);
  if (batch[0] !== batch[1] && y.kind === 'view') {
    return unsupported(`the matrices [${a}] and [${b}] do not come in equal numbers`);
  }
  if (y.kind === 'constant' && batch[1] !== 1) {
    return unsupported(`its weight [${b}] is more than one matrix`);
  }
  return [evaluation.operation(node, [...a.slice(0, -2), m, n], [x, y])];
};

/** Multiplications that a product of constants may take: far more than a table of positions needs. */
const MAX_PRODUCTS = 2 ** 28;

/** Constants before they meet the image: biases of scores from relative positions, for example. */
function constantProduct(x: Constant, y: Constant): Value[] | NodeFault {
  const [m, k] = x.shape.slice(-2) as [number, number];
  const n = y.shape[y.shape.length - 1] as number;
  const matrices = x.shape.slice(0, -2);
  if (sizeOf(y.shape.slice(0, -2)) !== 1) {
    return unsupported(`its constant [${y.shape}] is more than one matrix`);
  }
  const rows = sizeOf(matrices) * m;
  if (rows * k * n > MAX_PRODUCTS) {
    return unsupported(`it multiplies constants of [${x.shape}] and [${y.shape}]`);
  }
  const data = new Float64Array(rows * n);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < k; i++) {
      const factor = x.data[r * k + i] as number;
      for (let c = 0; c < n; c++) {
        data[r * n + c] = (data[r * n + c] as number) + factor * (y.data[i * n + c] as number);
      }
    }
  }
  return [{ kind: 'constant', shape: [...matrices, m, n], data, integer: false, name: '' }];
}

export const gemm: Evaluator = (node, [x, weight, bias], evaluation) => {
  if (!x || weight?.kind !== 'constant') return unsupported('its weight is not constant');
  if (bias && bias.kind !== 'constant') return unsupported('its bias is not constant');
  if (intAttribute(node, 'transA', 0) !== 0) return unsupported('it transposes its input');
  const transB = intAttribute(node, 'transB', 0);
  const [k, n] = transB ? [...weight.shape].reverse() : weight.shape;
  if (x.shape.length !== 2 || weight.shape.length !== 2 || x.shape[1] !== k) {
    return wrongShape(`it multiplies [${x.shape}] by [${weight.shape}]`);
  }
  if (bias && sizeOf(bias.shape) !== 1 && sizeOf(bias.shape) !== n) return wrongBias(bias, n ?? 0);
  const alpha = floatAttribute(node, 'alpha', 1);
  const beta = floatAttribute(node, 'beta', 1);
  const operands = bias ? [x, weight, bias] : [x, weight];
  const result = [x.shape[0] as number, n as number];
  return [evaluation.operation(node, result, operands, { alpha, beta, transB })];
};
