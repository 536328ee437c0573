import {
  type Constant,
  type Operation,
  sizeOf,
  sourceIndex,
  type Value,
  type View,
} from '../graph/value.ts';

/** `factor * (x * weightᵀ + bias)`; weight is `[out, in]`. */
export interface Linear {
  readonly x: View;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly out: number;
  readonly input: number;
  readonly factor: number;
  /** Rows of the result, one per token. */
  readonly rows: number;
}

/** The view's elements before multiplications and divisions by scalars, and their product. */
export function withoutFactor(view: View): { view: View; factor: number } {
  const { type, operands } = view.base;
  const [a, b] = operands;
  if (type === 'Mul' && a && b) {
    if (a.kind === 'view' && isScalar(b)) return scaled(view, a, b.data[0] as number);
    if (b.kind === 'view' && isScalar(a)) return scaled(view, b, a.data[0] as number);
  }
  if (type === 'Div' && a?.kind === 'view' && b && isScalar(b)) {
    return scaled(view, a, 1 / (b.data[0] as number));
  }
  return { view, factor: 1 };
}

function scaled(view: View, operand: View, factor: number): { view: View; factor: number } {
  const inner = withoutFactor(through(view, operand));
  return { view: inner.view, factor: inner.factor * factor };
}

/** The elements of `operand` that elementwise arithmetic turned into those of `view`. */
function through(view: View, operand: View): View {
  if (view.map === null) return { ...operand, shape: view.shape };
  const map = view.map.map((i) => sourceIndex(operand, i));
  return { ...operand, shape: view.shape, map };
}

export function isScalar(value: Value): value is Constant {
  return value.kind === 'constant' && value.data.length === 1;
}

/** A linear layer whose result is all of the operation's: MatMul, MatMul and Add, or Gemm. */
export function linearOf(operation: Operation): Linear | null {
  const { type, operands, shape, attributes } = operation;
  const [a, b, c] = operands;
  if (type === 'MatMul' && a?.kind === 'view' && b?.kind === 'constant') {
    const [input, out] = b.shape.slice(-2) as [number, number];
    const bias = new Float32Array(out);
    const weight = transposed(b.data, input, out);
    return { x: a, weight, bias, out, input, factor: 1, rows: sizeOf(a.shape) / input };
  }
  if (type === 'Gemm' && a?.kind === 'view' && b?.kind === 'constant') {
    const [rows, out] = shape as [number, number];
    const input = sizeOf(b.shape) / out;
    const { alpha = 1, beta = 1, transB = 0 } = attributes;
    const weight = transB ? Float32Array.from(b.data) : transposed(b.data, input, out);
    const bias = c?.kind === 'constant' ? c.data : new Float32Array(1);
    return {
      x: a,
      weight: weight.map((w) => w * alpha),
      bias: Float32Array.from(
        { length: out },
        (_, n) => (bias[bias.length === 1 ? 0 : n] as number) * beta,
      ),
      out,
      input,
      factor: 1,
      rows,
    };
  }
  if (type === 'Add') return biased(operation);
  if (type === 'Mul' || type === 'Div') {
    const { view, factor } = withoutFactor({ kind: 'view', shape, base: operation, map: null });
    const inner = view.base === operation || view.map ? null : linearOf(view.base);
    return inner && { ...inner, factor: inner.factor * factor };
  }
  return null;
}

/** A linear layer plus one constant per output channel. */
function biased({ operands, shape }: Operation): Linear | null {
  const [a, b] = operands;
  const view = a?.kind === 'view' ? a : b;
  const bias = a?.kind === 'view' ? b : a;
  if (view?.kind !== 'view' || bias?.kind !== 'constant' || view.map) return null;
  const out = shape[shape.length - 1] as number;
  const inner = linearOf(view.base);
  // A row of `out` constants, and not a column of them, is a bias.
  const isRow = bias.data.length === out && (bias.shape[bias.shape.length - 1] ?? 1) === out;
  if (!inner || inner.out !== out || !isRow || sizeOf(shape) !== inner.rows * out) return null;
  const sum = inner.bias.map((v, n) => v + (bias.data[n] as number) / inner.factor);
  return { ...inner, bias: sum };
}

function transposed(data: Constant['data'], rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c] as number;
  }
  return result;
}

/** The linear layer that a whole view is, with its factor multiplied in; null when it is none. */
export function wholeLinear(view: View): Linear | null {
  const linear = view.map ? null : linearOf(view.base);
  return linear && withFactor(linear, linear.factor);
}

/** The layer with `factor` in its weights and bias instead of behind them. */
export function withFactor(linear: Linear, factor: number): Linear {
  if (factor === 1) return { ...linear, factor: 1 };
  const scale = (values: Float32Array) => values.map((v) => v * factor);
  return { ...linear, weight: scale(linear.weight), bias: scale(linear.bias), factor: 1 };
}

/** The layer that computes only the output channels `columns`, in that order. */
export function selectOutputs(linear: Linear, columns: readonly number[]): Linear {
  const { input } = linear;
  const weight = new Float32Array(columns.length * input);
  columns.forEach((n, i) => {
    weight.set(linear.weight.subarray(n * input, (n + 1) * input), i * input);
  });
  const bias = Float32Array.from(columns, (n) => linear.bias[n] as number);
  return { ...linear, weight, bias, out: columns.length };
}

/** The layer for an input whose channel `order[k]` is the channel `k` of before. */
export function reorderInputs(linear: Linear, order: readonly number[]): Linear {
  const { out, input } = linear;
  const weight = new Float32Array(out * input);
  for (let n = 0; n < out; n++) {
    order.forEach((to, from) => {
      weight[n * input + to] = linear.weight[n * input + from] as number;
    });
  }
  return { ...linear, weight };
}
