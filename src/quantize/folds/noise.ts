import type { Random } from '../../arithmetic/index.ts';
import { type NumberFormat, rangeOf } from '../../ir/index.ts';
import { type Affine, quantizeAffine } from '../affine.ts';
import type { Rows } from '../observations.ts';

/** Draws that are compared. */
const DRAWS = 8;

/**
 * NoisyQuant: of some fixed noises, uniform within half a step per channel, the one with which the
 * quantized rows come closest to the float ones once it is taken off again (arXiv 2211.16056,
 * section 3.2); null when none helps.
 */
export function bestNoise(
  rows: Rows,
  affine: Affine,
  format: NumberFormat,
  random: Random,
): Float64Array | null {
  let least = errorWith(rows, affine, format, new Float64Array(rows.width));
  let best: Float64Array | null = null;
  for (let i = 0; i < DRAWS; i++) {
    const noise = Float64Array.from(
      { length: rows.width },
      () => (random.nextFloat() - 0.5) * affine.scale,
    );
    const error = errorWith(rows, affine, format, noise);
    if (error < least) [least, best] = [error, noise];
  }
  return best;
}

/** `sum (Q(x + n) - n - x)^2` */
function errorWith(
  { data, width }: Rows,
  affine: Affine,
  format: NumberFormat,
  noise: Float64Array,
): number {
  const { low, high } = rangeOf(format);
  let error = 0;
  for (let i = 0; i < data.length; i++) {
    const x = (data[i] as number) + (noise[i % width] as number);
    const code = quantizeAffine(x, affine, low, high);
    error += ((code - affine.zeroPoint) * affine.scale - x) ** 2;
  }
  return error;
}
