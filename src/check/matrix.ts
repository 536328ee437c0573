import { formatName, type NumberFormat, rangeOf } from '../ir/index.ts';
import {
  type Interval,
  interval,
  magnitude,
  plus,
  rounded,
  signedBitsOf,
  sumOf,
  times,
  withRounding,
} from './interval.ts';
import { MAX_ACCUMULATOR_BITS } from './limits.ts';
import type { Reporter } from './reporter.ts';
import type { AddedWidths, MatrixWidths } from './widths.ts';

/** All codes of a format. */
export function formatInterval(format: NumberFormat): Interval {
  const { low, high } = rangeOf(format);
  return interval(low, high);
}

export interface MatrixProof {
  readonly left: NumberFormat;
  readonly right: NumberFormat;
  /** Largest factor of the right operand's groups, where they have steps of their own. */
  readonly weightFactor?: number;
  readonly reduction: number;
  /** Range of the bias; null without one. */
  readonly bias: Interval | null;
  readonly multiplier: Interval;
  readonly shift: number;
  /** Largest exponent of the left operand's rows, where they have steps of their own. */
  readonly rowExponent?: number;
}

/**
 * The widths of a matrix product and its requantization; reports VT359 and VT360. Sums of rows with
 * steps of their own are brought to the finest of them, `2^-E`: `acc * 2^(E-e) + bias * 2^E`, shifted
 * by `shift + E`, which is the same number. Factors of groups of weights count, like weights, with the
 * largest that there may be.
 */
export function matrixWidths(
  { left, right, reduction, bias: ofChannel, multiplier, shift, ...exponents }: MatrixProof,
  report: Reporter,
  added: AddedWidths | null = null,
): MatrixWidths {
  const { weightFactor = 1, rowExponent = 0 } = exponents;
  const finer = interval(weightFactor, weightFactor);
  const weights = times(formatInterval(right), finer);
  const accumulator = sumOf(times(formatInterval(left), weights), reduction);
  const accumulatorBits = signedBitsOf(accumulator);
  const proof =
    `${formatName(left)} x ${weightFactor > 1 ? `${weightFactor}*` : ''}${formatName(right)} x ${reduction} products: ` +
    `|acc| <= ${magnitude(accumulator)}, ${accumulatorBits} bits`;
  if (accumulatorBits > MAX_ACCUMULATOR_BITS) {
    report.fault(
      'VT359',
      `the accumulator needs ${accumulatorBits} bits (${proof}).`,
      `At most ${MAX_ACCUMULATOR_BITS} are legal: use fewer bits or a shorter reduction.`,
    );
  }
  const unit = interval(2 ** rowExponent, 2 ** rowExponent);
  const finest = times(accumulator, unit);
  const bias = ofChannel && times(ofChannel, unit);
  const sum = bias ? plus(finest, bias) : finest;
  const scaled = times(sum, multiplier);
  const product = withRounding(scaled, shift + rowExponent);
  report.exact('the product with the multiplier', product);
  return {
    kind: 'matrix',
    reduction,
    accumulatorBits,
    biasBits: bias ? signedBitsOf(bias) : 0,
    sumBits: signedBitsOf(sum),
    multiplierBits: multiplier.high === 1n ? 0 : signedBitsOf(multiplier) - 1,
    productBits: signedBitsOf(product),
    shiftedBits: signedBitsOf(rounded(scaled, shift + rowExponent)),
    added,
    proof,
  };
}
