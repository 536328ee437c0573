import { type Codes, type Constant, type Operation, sizeOf, type View } from '../graph/value.ts';
import { bare, isScalar, rowOf, through, viewAndConstant, whole } from './views.ts';

/** `factor * (x * weightᵀ + bias)`; weight is `[out, in]`. */
export interface Linear {
  /** With the quantizer before the product, where there is one. */
  readonly x: View;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly out: number;
  readonly input: number;
  readonly factor: number;
  /** Rows of the result, one per token. */
  readonly rows: number;
  /** The weight as the file has it in integers, `[out, in]` as well; null for a float weight. */
  readonly codes: Codes | null;
}

/** The view's elements before multiplications and divisions by scalars, and their product. */
export function withoutFactor(view: View): { view: View; factor: number } {
  const inner = bare(view);
  const { type, operands } = inner.base;
  const [a, b] = operands;
  if (type === 'Mul' && a && b) {
    if (a.kind === 'view' && isScalar(b)) return scaled(inner, a, b.data[0] as number);
    if (b.kind === 'view' && isScalar(a)) return scaled(inner, b, a.data[0] as number);
  }
  if (type === 'Div' && a?.kind === 'view' && b && isScalar(b)) {
    return scaled(inner, a, 1 / (b.data[0] as number));
  }
  return { view: inner, factor: 1 };
}

function scaled(view: View, operand: View, factor: number): { view: View; factor: number } {
  const inner = withoutFactor(through(view, operand));
  return { view: inner.view, factor: inner.factor * factor };
}

/**
 * A linear layer whose result is all of the operation's: MatMul or Gemm, with constants per output
 * channel added, subtracted, multiplied (LayerScale) or divided by behind it.
 */
export function linearOf(operation: Operation): Linear | null {
  switch (operation.type) {
    case 'MatMul':
      return product(operation);
    case 'Gemm':
      return gemm(operation);
    case 'Add':
    case 'Sub':
      return biased(operation);
    case 'Mul':
    case 'Div':
      return multiplied(operation);
    default:
      return null;
  }
}

function product({ operands: [a, b] }: Operation): Linear | null {
  if (a?.kind !== 'view' || b?.kind !== 'constant') return null;
  const [input, out] = b.shape.slice(-2) as [number, number];
  const weight = matrix(b, input, out, false);
  const bias = new Float32Array(out);
  return { x: a, ...weight, bias, out, input, factor: 1, rows: sizeOf(a.shape) / input };
}

function gemm({ operands: [a, b, c], shape, attributes }: Operation): Linear | null {
  if (a?.kind !== 'view' || b?.kind !== 'constant') return null;
  const [rows, out] = shape as [number, number];
  const input = sizeOf(b.shape) / out;
  const { alpha = 1, beta = 1, transB = 0 } = attributes;
  const constants = c?.kind === 'constant' ? c.data : new Float32Array(1);
  const bias = Float32Array.from(
    { length: out },
    (_, n) => (constants[constants.length === 1 ? 0 : n] as number) * (beta / alpha),
  );
  const weight = matrix(b, transB ? out : input, transB ? input : out, transB !== 0);
  return { x: a, ...weight, bias, out, input, factor: alpha, rows };
}

/** A linear layer plus or minus one constant per output channel. */
function biased(operation: Operation): Linear | null {
  const { type, shape, operands } = operation;
  const [view, constant] = viewAndConstant(operation) ?? [];
  if (!view || !constant || (type === 'Sub' && operands[0] !== view)) return null;
  const out = shape[shape.length - 1] as number;
  const row = rowOf(constant, out);
  const inner = innerLinear(view, shape);
  if (!row || !inner || inner.out !== out) return null;
  const sign = type === 'Sub' ? -1 : 1;
  const bias = inner.bias.map((v, n) => v + (sign * (row[n] as number)) / inner.factor);
  return { ...inner, bias };
}

function multiplied(operation: Operation): Linear | null {
  const { type, shape, operands } = operation;
  const [view, constant] = viewAndConstant(operation) ?? [];
  if (!view || !constant || (type === 'Div' && operands[0] !== view)) return null;
  const out = shape[shape.length - 1] as number;
  const row = rowOf(constant, out);
  const inner = innerLinear(view, shape);
  if (!row || !inner || inner.out !== out) return null;
  const factors = type === 'Div' ? row.map((v) => 1 / v) : row;
  if (isScalar(constant)) return { ...inner, factor: inner.factor * (factors[0] as number) };
  return scaleOutputs(inner, factors);
}

/** The layer whose rows an elementwise operator goes on with: all of its channels, or some of them. */
function innerLinear(given: View, shape: readonly number[]): Linear | null {
  const view = bare(given);
  const linear = linearOf(view.base);
  const out = shape[shape.length - 1] as number;
  // A result that is broadcast by its constant is not one row per token any more.
  if (!linear || sizeOf(shape) !== linear.rows * out) return null;
  if (!view.map) return linear.out === out ? linear : null;
  if (view.map.length !== sizeOf(shape)) return null;
  const columns = Array.from(view.map.subarray(0, out));
  const straight = view.map.every((source, i) => {
    const row = Math.floor(i / out);
    return source === row * linear.out + (columns[i % out] as number);
  });
  const legal = straight && columns.every((column) => column < linear.out);
  return legal ? selectOutputs(linear, columns) : null;
}

/** A weight of the file as `[out, in]`, whatever its orientation there. */
function matrix(constant: Constant, rows: number, columns: number, outIsRow: boolean) {
  const { data, codes } = constant;
  const turn = <A extends Float32Array | Float64Array>(values: A, result: A): A => {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        result[outIsRow ? r * columns + c : c * rows + r] = values[r * columns + c] as number;
      }
    }
    return result;
  };
  return {
    weight: turn<Float32Array | Float64Array>(data, new Float32Array(data.length)) as Float32Array,
    codes: codes
      ? {
          values: turn(codes.values, new Float64Array(data.length)),
          steps: turn(codes.steps, new Float64Array(data.length)),
        }
      : null,
  };
}

/** The linear layer that a whole view is, with its factor multiplied in; null when it is none. */
export function wholeLinear(view: View): Linear | null {
  const base = whole(view);
  const linear = base ? linearOf(base) : null;
  return linear && withFactor(linear, linear.factor);
}

/** The layer with `factor` in its weights and bias instead of behind them. */
export function withFactor(linear: Linear, factor: number): Linear {
  if (factor === 1) return { ...linear, factor: 1 };
  const scaledUp = scaleOutputs(linear, new Float64Array(linear.out).fill(factor));
  return { ...scaledUp, factor: 1 };
}

/** The layer with each output channel multiplied by its factor; integer weights get other steps. */
function scaleOutputs(linear: Linear, factors: Float64Array): Linear {
  const { input, codes } = linear;
  const factor = (i: number) => factors[Math.floor(i / input)] as number;
  return {
    ...linear,
    weight: linear.weight.map((w, i) => w * factor(i)),
    bias: linear.bias.map((b, n) => b * (factors[n] as number)),
    codes: codes && { ...codes, steps: codes.steps.map((s, i) => s * factor(i)) },
  };
}

/** The layer that computes only the output channels `columns`, in that order. */
export function selectOutputs(linear: Linear, columns: readonly number[]): Linear {
  const { input, codes } = linear;
  const rows = <A extends Float32Array | Float64Array>(from: A, to: A): A => {
    columns.forEach((n, i) => {
      to.set(from.subarray(n * input, (n + 1) * input), i * input);
    });
    return to;
  };
  const size = columns.length * input;
  return {
    ...linear,
    weight: rows(linear.weight, new Float32Array(size)),
    bias: Float32Array.from(columns, (n) => linear.bias[n] as number),
    out: columns.length,
    codes: codes && {
      values: rows(codes.values, new Float64Array(size)),
      steps: rows(codes.steps, new Float64Array(size)),
    },
  };
}

/** The layer for an input whose channel `order[k]` is the channel `k` of before. */
export function reorderInputs(linear: Linear, order: readonly number[]): Linear {
  const { input, codes } = linear;
  const moved = <A extends Float32Array | Float64Array>(from: A, to: A): A => {
    for (let row = 0; row < from.length; row += input) {
      order.forEach((target, source) => {
        to[row + target] = from[row + source] as number;
      });
    }
    return to;
  };
  return {
    ...linear,
    weight: moved(linear.weight, new Float32Array(linear.weight.length)),
    codes: codes && {
      values: moved(codes.values, new Float64Array(codes.values.length)),
      steps: moved(codes.steps, new Float64Array(codes.steps.length)),
    },
  };
}
