import { type NumberFormat, rangeOf, signedBits } from '../ir/index.ts';
import type { Rows } from './observations.ts';

/** Steps that are tried: so many within an octave, from half of the observed one to twice of it. */
const TRIES = 8;

/**
 * The coarsest of the steps `s 2^-e`, `e` of 0 .. `largest`, that tokens choose from at run time: of
 * those around the observed one the step with which calibration rows, each at the finest `e` that
 * holds it, come closest to the float ones. Where the powers of two lie relative to the peaks of the
 * tokens makes up to a bit of difference, which an observer of the whole tensor does not see.
 */
export function tokenStep(
  rows: Rows,
  observed: number,
  format: NumberFormat,
  largest: number,
): number {
  let best = observed;
  let least = errorOf(rows, observed, format, largest);
  for (let i = -TRIES; i <= TRIES; i++) {
    const step = observed * 2 ** (i / TRIES);
    const error = errorOf(rows, step, format, largest);
    if (error < least) [least, best] = [error, step];
  }
  return best;
}

/** `sum (x - Q(x))^2` with the exponent of each row as docs/arithmetic.md defines it. */
function errorOf(
  { data, width }: Rows,
  step: number,
  format: NumberFormat,
  largest: number,
): number {
  const { low, high } = rangeOf(format);
  const end = 2 ** (signedBits(format) - 1);
  let error = 0;
  for (let row = 0; row < data.length; row += width) {
    let peak = 0;
    for (let c = 0; c < width; c++) peak = Math.max(peak, Math.abs(data[row + c] as number));
    let unit = step;
    for (let e = 0; e < largest && peak < (end * unit) / 2; e++) unit /= 2;
    for (let c = 0; c < width; c++) {
      const x = data[row + c] as number;
      const code = Math.min(Math.max(Math.round(x / unit), low), high);
      error += (x - code * unit) ** 2;
    }
  }
  return error;
}
