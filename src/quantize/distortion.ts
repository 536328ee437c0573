import { type NumberFormat, rangeOf } from '../ir/index.ts';
import type { Affine } from './affine.ts';
import type { Distribution } from './distribution.ts';

/** How far a quantizer moves a distribution; the smaller the better. */
export type Distortion = (values: Distribution, affine: Affine, format: NumberFormat) => number;

/** `sum (x - Q(x))^2` */
export const squaredError: Distortion = ({ values, counts }, { scale, zeroPoint }, format) => {
  const { low, high } = rangeOf(format);
  let error = 0;
  for (let i = 0; i < values.length; i++) {
    const count = counts ? (counts[i] as number) : 1;
    if (count === 0) continue;
    const x = values[i] as number;
    // Ties do not matter here: both neighbours are equally far.
    const code = Math.min(Math.max(Math.round(x / scale) + zeroPoint, low), high);
    const d = x - (code - zeroPoint) * scale;
    error += count * d * d;
  }
  return error;
};

/** `1 - cos(x, Q(x))` */
export const cosineDistance: Distortion = ({ values, counts }, { scale, zeroPoint }, format) => {
  const { low, high } = rangeOf(format);
  let [product, own, other] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const count = counts ? (counts[i] as number) : 1;
    if (count === 0) continue;
    const x = values[i] as number;
    const code = Math.min(Math.max(Math.round(x / scale) + zeroPoint, low), high);
    const y = (code - zeroPoint) * scale;
    product += count * x * y;
    own += count * x * x;
    other += count * y * y;
  }
  return own > 0 && other > 0 ? 1 - product / Math.sqrt(own * other) : 1;
};

/**
 * Kullback-Leibler divergence of TensorRT's calibration: P is the distribution with what lies
 * outside the range moved into the outermost values inside; Q has the values of each code levelled
 * to their mean, over those that were seen, without what lies outside.
 */
export const divergence: Distortion = ({ values, counts }, { scale, zeroPoint }, format) => {
  const { low, high } = rangeOf(format);
  const codes = high - low + 1;
  const [sums, seen] = [new Float64Array(codes), new Float64Array(codes)];
  let [first, last, below, above] = [-1, -1, 0, 0];
  const codeOf = (i: number) => Math.round((values[i] as number) / scale) + zeroPoint - low;
  for (let i = 0; i < values.length; i++) {
    const count = counts ? (counts[i] as number) : 1;
    const code = codeOf(i);
    if (code < 0) below += count;
    else if (code >= codes) above += count;
    else {
      if (first < 0) first = i;
      last = i;
      sums[code] = (sums[code] as number) + count;
      if (count > 0) seen[code] = (seen[code] as number) + 1;
    }
  }
  if (first < 0) return Number.POSITIVE_INFINITY;
  let [total, inside] = [below + above, 0];
  for (const sum of sums) inside += sum;
  total += inside;
  if (inside === 0) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let i = first; i <= last; i++) {
    const count = counts ? (counts[i] as number) : 1;
    const p = (count + (i === first ? below : 0) + (i === last ? above : 0)) / total;
    if (p === 0) continue;
    const code = codeOf(i);
    const q = count > 0 ? (sums[code] as number) / ((seen[code] as number) * inside) : SMALLEST_Q;
    sum += p * Math.log(p / q);
  }
  return sum;
};

/** Stands for a share of zero, which no logarithm takes. */
const SMALLEST_Q = 1e-7;
