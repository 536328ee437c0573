import {
  type NumberFormat,
  type Range,
  type Requantization,
  rangeOf,
  requantizationOf,
  type ScoresNode,
  type WeightedValuesNode,
} from '../ir/index.ts';
import type { Interval } from './interval.ts';
import { interval } from './interval.ts';
import { BIASES, CLIP_BOUNDS, MAX_SHIFT, MULTIPLIERS } from './limits.ts';
import type { Reporter } from './reporter.ts';

/** Any unsigned 16-bit multiplier. */
const ANY_MULTIPLIER: Interval = interval(0, MULTIPLIERS.high);
const NO_MULTIPLIER: Interval = interval(1, 1);

/**
 * The multipliers that a width is proven for: all 16 bits, so that other weights fit the same
 * hardware. Where all are 1 there is nothing to multiply, and hardware needs no multiplier.
 */
export function multiplierInterval(multipliers: ArrayLike<number>): Interval {
  for (let i = 0; i < multipliers.length; i++) {
    if (multipliers[i] !== 1) return ANY_MULTIPLIER;
  }
  return NO_MULTIPLIER;
}

/** Multipliers that may be wider than 16 bits count with the bits that they have then. */
export function wideMultiplierInterval(multiplier: number): Interval {
  const bits = BigInt(multiplier.toString(2).length);
  return bits <= 16n ? ANY_MULTIPLIER : interval(0, (1n << bits) - 1n);
}

interface Clip {
  readonly shift: number;
  readonly low: number;
  readonly high: number;
  readonly table: Int32Array | null;
}

/**
 * VT355 the shift, VT358 the bounds of the clip, VT356 and VT357 the table behind it. Answers
 * whether widths can be derived from shift and bounds.
 *
 * @param direct whether what was clipped is the output itself when there is no table
 */
export function checkClip(
  { shift, low, high, table }: Clip,
  output: NumberFormat,
  direct: boolean,
  report: Reporter,
): boolean {
  const shiftIsLegal = report.shift('shift', shift, MAX_SHIFT);
  const bounds: Range = direct && !table ? rangeOf(output) : CLIP_BOUNDS;
  const clip =
    report.within('the lower bound of the clip', [low], bounds) &&
    report.within('the upper bound of the clip', [high], { low, high: bounds.high });
  if (table && clip && table.length !== high - low + 1) {
    const needed = `The clip to ${low} .. ${high} needs ${high - low + 1}.`;
    report.fault('VT356', `the table has ${table.length} entries.`, needed);
  }
  if (table) report.within('the table, entry', table, rangeOf(output), 'VT357');
  return shiftIsLegal && clip;
}

/** The requantization of a node without channels, in full; null when no width follows from it. */
export function checkTensorRequantization(
  node: ScoresNode | WeightedValuesNode,
  report: Reporter,
): Requantization | null {
  const full = requantizationOf(node);
  report.multiplier('multiplier', full.multiplier);
  const bias = report.within('bias', [full.bias], BIASES);
  return checkClip(full, node.output.format, true, report) && bias ? full : null;
}
