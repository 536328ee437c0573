import { clip } from '../arithmetic/index.ts';
import type { LayerNormNode, TensorType } from '../ir/index.ts';
import type { TensorStatistics } from './calibrate.ts';
import { activationType, type Context, roundingConstant, statisticsOf, tensor } from './context.ts';
import { dyadic, MAX_MULTIPLIER } from './dyadic.ts';
import { tokenStep } from './token-step.ts';

const TABLE_ENTRIES = 512;
const MAX_TABLE_ENTRIES = 4096;
/** Of the reciprocal root at the smallest variance seen; a table has more entries before it errs more. */
const TOLERANCE = 1 / 16;
const MAX_MEAN_SHIFT = 31;
/** Weights are signed 12 bits. */
const MAX_WEIGHT = 2 ** 11 - 1;
/** Rows of unseen images may have less or more variance than the calibrated ones. */
const VARIANCE_MARGIN_BELOW = 0.7;
const VARIANCE_MARGIN_ABOVE = 1.3;
/**
 * The product `d * r * weight` has at most 17 + 16 + 11 bits; with a larger shift than this the
 * bias would outgrow the 48 bits of the sum before the product does.
 */
const MAX_SHIFT = 36;
const MAX_BIAS = 2 ** 47 - 1;
/** Tokens that a LayerNorm has given one variance differ by no more than a few powers of two. */
const LARGEST_ROW_EXPONENT = 3;

/** The table of the reciprocal standard deviation and how a sum of squares finds its entry. */
interface ReciprocalRoot {
  readonly varianceBias: number;
  readonly varianceShift: number;
  readonly table: Int32Array;
  /** Entries are `2^bits / sqrt(variance + epsilon)`, in steps of the input. */
  readonly bits: number;
}

/** LayerNorm of the first `rows` rows at `path` (without `.weight`). */
export function layerNormNode(
  context: Context,
  path: string,
  input: TensorType,
  rows: number,
  output: TensorType = normType(context, path, rows),
): LayerNormNode {
  const { model } = context;
  const { zeroPoint = 0, rowExponent = 0 } = output;
  const gamma = tensor(context, `${path}.weight`).data;
  const beta = tensor(context, `${path}.bias`).data;
  const peak = gamma.reduce((a, g) => Math.max(a, Math.abs(g)), 0) / output.scale;
  const weightBits = weightFraction(peak);
  const root = reciprocalRoot(context, input, rows, -weightBits, MAX_SHIFT - weightBits);
  const shift = weightBits + root.bits;
  // With steps per token the shift is known at run time alone, and rounds there.
  const half = rowExponent > 0 ? 0 : roundingConstant(shift);
  const mean = dyadic(1 / model.width, MAX_MEAN_SHIFT);
  return {
    kind: 'layerNorm',
    output,
    input: input.name,
    path: `${path}.weight`,
    rows,
    meanMultiplier: mean.multiplier,
    meanShift: mean.shift,
    varianceBias: root.varianceBias,
    varianceShift: root.varianceShift,
    table: root.table,
    weight: Int32Array.from(gamma, (g) => Math.round((g / output.scale) * 2 ** weightBits)),
    bias: Float64Array.from(beta, (b) =>
      clip(Math.round((b / output.scale + zeroPoint) * 2 ** shift) + half, -MAX_BIAS, MAX_BIAS),
    ),
    shift,
  };
}

/**
 * What a LayerNorm gives, by the design's method. Steps per token are symmetric, and two rows that a
 * head joins to one have a common step.
 */
function normType(context: Context, path: string, rows: number): TensorType {
  const shape = [rows, context.model.width];
  const joined = rows > 1 && rows < context.tokens;
  if (context.method.steps === 'tensor' || joined) return activationType(context, path, shape);
  const type = activationType(context, path, shape, 'activations');
  const seen = context.observations.details().rows.get(path);
  const scale = seen ? tokenStep(seen, type.scale, type.format, LARGEST_ROW_EXPONENT) : type.scale;
  return { ...type, scale, rowExponent: LARGEST_ROW_EXPONENT };
}

/** Fraction bits of the weights: as many as 12 bits leave room for, at most 11. */
function weightFraction(peak: number): number {
  let bits = 11;
  while (Math.round(peak * 2 ** bits) > MAX_WEIGHT) bits--;
  return bits;
}

/**
 * Entries for sums of squares from a little below the smallest calibrated to a little above the
 * largest, in buckets of `2^varianceShift`; entry `i` is exact in the middle of its bucket. There are
 * 512, or up to 4096 where the smallest sums would err too much.
 */
function reciprocalRoot(
  context: Context,
  input: TensorType,
  rows: number,
  minBits: number,
  maxBits: number,
): ReciprocalRoot {
  const { width, epsilon } = context.model;
  const statistics = statisticsOf(context, input.name);
  const seen = rows === 1 ? statistics.firstRowDeviations : statistics.deviations;
  const [low, high] = seen.map((sum) => sum / input.scale ** 2) as [number, number];
  const start = Math.floor(low * VARIANCE_MARGIN_BELOW);
  const end = Math.ceil(high * VARIANCE_MARGIN_ABOVE);
  const shiftFor = (entries: number) => {
    let shift = 0;
    while (entries * 2 ** shift <= end - start) shift++;
    return shift;
  };
  // A sum of squares `s` is off by at most half a bucket `b`, its root by `b / 4s`. Rows that epsilon
  // or the rounding of the input (1/12 of a step squared) outweighs do not count.
  const least = Math.max(low, width * (epsilon / input.scale ** 2 + 1 / 12));
  const errs = (entries: number) => 2 ** shiftFor(entries) > 4 * TOLERANCE * least;
  let entries = TABLE_ENTRIES;
  while (entries < MAX_TABLE_ENTRIES && errs(entries)) entries *= 2;
  const varianceShift = shiftFor(entries);
  const first = errs(entries) ? smallestRow(statistics, input, start + 2 ** varianceShift) : null;
  const values = Array.from({ length: entries }, (_, i) => {
    const middle = start + i * 2 ** varianceShift + (2 ** varianceShift - 1) / 2;
    // A sum of squares below one is a row without deviations: any entry does, but not 1/0.
    const sum = Math.max((i === 0 && first) || middle, 0.5);
    return 1 / Math.sqrt(sum / width + epsilon / input.scale ** 2);
  });
  let bits = maxBits;
  while (bits > minBits && Math.round((values[0] as number) * 2 ** bits) > MAX_MULTIPLIER) bits--;
  return {
    varianceBias: -start,
    varianceShift,
    table: Int32Array.from(values, (v) => Math.min(Math.round(v * 2 ** bits), MAX_MULTIPLIER)),
    bits,
  };
}

/**
 * The class token may have thousands of times less variance than the patches, and then lies in the
 * first bucket alone: the bucket's entry is for it. Null when it reaches beyond.
 */
function smallestRow(
  { deviations, firstRowDeviations }: TensorStatistics,
  input: TensorType,
  end: number,
): number | null {
  const [low, high] = firstRowDeviations.map((sum) => sum / input.scale ** 2) as [number, number];
  const smallest = firstRowDeviations[0] <= deviations[0];
  return smallest && high < end ? Math.sqrt(low * high) : null;
}
