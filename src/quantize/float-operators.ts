import type { FloatTensor } from '../model/index.ts';
import { matmulTransposed } from './matmul.ts';

/** `y[t,n] = sum_k x[t,k] * weight[n,k] + bias[n]`; weight is `[out, in]`. */
export function linear(x: Float32Array, weight: FloatTensor, bias: FloatTensor): Float32Array {
  const [out = 0, input = 0] = weight.shape;
  const y = matmulTransposed(x, weight.data, x.length / input, out, input);
  for (let at = 0; at < y.length; at += out) {
    for (let n = 0; n < out; n++) y[at + n] = (y[at + n] as number) + (bias.data[n] as number);
  }
  return y;
}

/** `(x - mean) / sqrt(variance + epsilon) * weight + bias` over each row. */
export function layerNorm(
  x: Float32Array,
  weight: FloatTensor,
  bias: FloatTensor,
  epsilon: number,
): Float32Array {
  const width = weight.data.length;
  const y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    const row = x.subarray(at, at + width);
    const mean = row.reduce((sum, v) => sum + v, 0) / width;
    const factor = 1 / Math.sqrt(squaredDeviations(row) / width + epsilon);
    for (let c = 0; c < width; c++) {
      const unit = ((row[c] as number) - mean) * factor;
      y[at + c] = unit * (weight.data[c] as number) + (bias.data[c] as number);
    }
  }
  return y;
}

/** `sum_c (x[c] - mean)^2` of one row. */
export function squaredDeviations(row: Float32Array): number {
  const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
  return row.reduce((sum, v) => sum + (v - mean) ** 2, 0);
}

/** Softmax over each row of `width`. */
export function softmax(x: Float32Array, width: number): Float32Array {
  const y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    const row = x.subarray(at, at + width);
    const max = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let c = 0; c < width; c++) {
      const e = Math.exp((row[c] as number) - max);
      y[at + c] = e;
      sum += e;
    }
    for (let c = 0; c < width; c++) y[at + c] = (y[at + c] as number) / sum;
  }
  return y;
}

/** `[heads, queries, keys]`: `sum_c query[i, h*d+c] * key[j, h*d+c] / sqrt(d)`. */
export function scores(query: Float32Array, key: Float32Array, heads: number, width: number) {
  const tokens = query.length / width;
  const size = width / heads;
  const y = new Float32Array(heads * tokens * tokens);
  for (let h = 0; h < heads; h++) {
    const q = headOf(query, h, size, width);
    const product = matmulTransposed(q, headOf(key, h, size, width), tokens, tokens, size);
    for (let i = 0; i < product.length; i++) product[i] = (product[i] as number) / Math.sqrt(size);
    y.set(product, h * tokens * tokens);
  }
  return y;
}

/** `[tokens, width]`: `sum_j probability[h,i,j] * value[j, h*d+c]` at channel `h*d+c`. */
export function weightedValues(
  probabilities: Float32Array,
  value: Float32Array,
  heads: number,
  width: number,
): Float32Array {
  const tokens = value.length / width;
  const size = width / heads;
  const y = new Float32Array(value.length);
  for (let h = 0; h < heads; h++) {
    const p = probabilities.subarray(h * tokens * tokens, (h + 1) * tokens * tokens);
    const values = transpose(headOf(value, h, size, width), tokens, size);
    const product = matmulTransposed(p, values, tokens, size, tokens);
    for (let t = 0; t < tokens; t++) {
      y.set(product.subarray(t * size, (t + 1) * size), t * width + h * size);
    }
  }
  return y;
}

/** Adds element by element. */
export function add(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((v, i) => v + (b[i] as number));
}

/** Mean over the rows. */
export function meanRows(x: Float32Array, width: number): Float32Array {
  const y = new Float32Array(width);
  const rows = x.length / width;
  for (let c = 0; c < width; c++) {
    let sum = 0;
    for (let at = c; at < x.length; at += width) sum += x[at] as number;
    y[c] = sum / rows;
  }
  return y;
}

function headOf(x: Float32Array, head: number, size: number, width: number): Float32Array {
  const tokens = x.length / width;
  const y = new Float32Array(tokens * size);
  for (let t = 0; t < tokens; t++) {
    const at = t * width + head * size;
    y.set(x.subarray(at, at + size), t * size);
  }
  return y;
}

function transpose(x: Float32Array, rows: number, columns: number): Float32Array {
  const y = new Float32Array(x.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) y[c * rows + r] = x[r * columns + c] as number;
  }
  return y;
}
