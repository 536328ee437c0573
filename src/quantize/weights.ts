import { clip, createRandom, roundHalfEven } from '../arithmetic/index.ts';
import {
  GROUP_FACTORS,
  type NumberFormat,
  type Range,
  scaledWeights,
  type TensorType,
  type WeightGroups,
} from '../ir/index.ts';
import type { FloatTensor } from '../model/index.ts';
import { type Context, tensor } from './context.ts';
import {
  groupSize,
  groupSteps,
  inputUnits,
  notBelow,
  type RowSteps,
  wholeRows,
} from './group-steps.ts';
import { type LayerFacts, layerFacts } from './layer-facts.ts';
import { columnMeans, dot } from './linear-algebra.ts';
import { isMixedRow, levelStep, mixedLevels, roundToLevels } from './mixed-rows.ts';
import { roundComq, roundGptq, roundNearest, roundStochastic } from './rounding/round-row.ts';
import { codeRange, weightSteps } from './weight-steps.ts';

/** Integer weights `[out, in]` with one step per output channel, and the bias in steps of the accumulator. */
export interface QuantizedWeights {
  readonly codes: Int32Array;
  /** Steps of groups of the inputs, in those of their output channel; null without groups. */
  readonly groups: WeightGroups | null;
  /** The codes in steps of their output channel. */
  readonly scaled: Int32Array;
  /** Real value of one step, per output channel: of the finest where it has groups. */
  readonly scales: readonly number[];
  /** With the zero-point term of the input. */
  readonly bias: Int32Array;
  /** The bias that goes with the codes, in floating point: the layer's own, corrected where asked for. */
  readonly floatBias: readonly number[];
}

/**
 * A channel's step is at least this share of the layer's largest, so that all multipliers of a
 * layer have seven significant bits or more under their common shift.
 */
const SMALLEST_STEP = 2 ** -8;

/** Biases stay below this, so that they do not widen an accumulator beyond what products need. */
const LARGEST_BIAS = 2 ** 22;

/**
 * Weights of the layer at `path`: steps, then codes, then the bias; docs/quantization.md. A channel
 * of zeros, or one of weights so small beside its bias or its neighbours that their sum would not
 * fit, takes a larger step.
 */
export function quantizeWeights(
  context: Context,
  path: string,
  input: TensorType,
  format: NumberFormat,
): QuantizedWeights {
  const weight = tensor(context, `${path}.weight`);
  const bias = tensor(context, `${path}.bias`);
  const [out = 0, width = 0] = weight.shape;
  const facts = layerFacts(context, path);
  const { method } = context;
  const range = codeRange(format, method.weight.range);
  const mixed = mixedRows(context, out, facts, format);
  const whole = weightSteps(method.weight, weight, facts, format);
  // The patch embedding has few inputs: each of its channels keeps one step.
  const size = path === 'patchEmbedding' ? null : groupSize(method.weight, width);
  const uniform = size
    ? groupSteps(method.weight, weight, whole, size, format, range)
    : wholeRows(whole);
  // Mixed rows have one step, of all groups: their levels are few.
  const wanted = uniform.map((row, n) =>
    mixed?.includes(n) ? oneStep(row, levelStep(rowOf(weight, n), mixed.levels)) : row,
  );
  const forBias = Array.from(bias.data, (b) => Math.abs(b) / (input.scale * LARGEST_BIAS));
  const largest = wanted.reduce((a, { step }, n) => Math.max(a, step, forBias[n] as number), 0);
  const least = forBias.map((step) => (largest > 0 ? Math.max(step, largest * SMALLEST_STEP) : 1));
  const steps = wanted.map((row, n) => notBelow(row, least[n] as number));
  const own: RowsToRound = { weight, steps, least, size, range, mixed };
  const { codes, scales } = roundRows(context, path, own, facts);
  const factors = Int32Array.from(steps.flatMap((row) => row.factors));
  const groups = size ? { size, factors } : null;
  const scaled = scaledWeights(codes, width, groups ?? undefined);
  const floatBias = method.biasCorrection
    ? correctedBias(weight, bias, scaled, scales, facts)
    : Array.from(bias.data);
  const zeroPoint = input.zeroPoint ?? 0;
  return {
    codes,
    groups,
    scaled,
    scales,
    floatBias,
    bias: Int32Array.from({ length: out }, (_, n) => {
      const own = (floatBias[n] as number) / (input.scale * (scales[n] as number));
      const row = scaled.subarray(n * width, (n + 1) * width);
      const known = zeroPoint === 0 ? 0 : zeroPoint * row.reduce((sum, code) => sum + code, 0);
      // The zero point of signs is half a code.
      return Math.floor(clip(roundHalfEven(own), -LARGEST_BIAS, LARGEST_BIAS) - known);
    }),
  };
}

/** The rows of a layer with weights of another kind, and the magnitudes that their codes have. */
interface Mixed {
  readonly levels: readonly number[];
  includes(row: number): boolean;
}

/** Steps of a row whose groups all have the step `whole`: with the same factor, the smallest if any. */
function oneStep({ factors }: RowSteps, whole: number): RowSteps {
  const [smallest = 1] = factors.length > 1 ? GROUP_FACTORS : [];
  return { step: whole / smallest, factors: factors.map(() => smallest) };
}

function mixedRows(
  { method: { rows } }: Context,
  out: number,
  { heads }: LayerFacts,
  format: NumberFormat,
): Mixed | undefined {
  if (!rows) return undefined;
  return {
    levels: mixedLevels(rows, format),
    includes: (row) => isMixedRow(rows, row, out, heads),
  };
}

function rowOf({ shape: [, width = 0], data }: FloatTensor, n: number): Float32Array {
  return data.subarray(n * width, (n + 1) * width);
}

/** Everything that decides the codes of a layer but the way of rounding. */
interface RowsToRound {
  readonly weight: FloatTensor;
  readonly steps: readonly RowSteps[];
  /** Rows that have their step fitted keep it above these. */
  readonly least: readonly number[];
  /** Inputs of a group; null where a row has one step. */
  readonly size: number | null;
  readonly range: Range;
  readonly mixed: Mixed | undefined;
}

function roundRows(
  { method: { rounding } }: Context,
  path: string,
  { weight, steps, least, size, range, mixed }: RowsToRound,
  facts: LayerFacts,
): { codes: Int32Array; scales: number[] } {
  const [out = 0, width = 0] = weight.shape;
  const codes = new Int32Array(out * width);
  const scales = steps.map(({ step }) => step);
  const random = rounding.kind === 'stochastic' ? createRandom(rounding.seed ^ hash(path)) : null;
  const upper = rounding.kind === 'gptq' ? facts.gptqFactor() : null;
  const moments = rounding.kind === 'comq' ? facts.moments() : null;
  for (let n = 0; n < out; n++) {
    const row = rowOf(weight, n);
    const { step, factors } = steps[n] as RowSteps;
    const units = inputUnits(steps[n] as RowSteps, width, size);
    if (mixed?.includes(n)) {
      const whole = step * (factors[0] as number);
      codes.set(roundToLevels(row, whole, mixed.levels), n * width);
    } else if (moments) {
      const rounded = roundComq(row, step, range, moments, least[n], units);
      codes.set(rounded.codes, n * width);
      scales[n] = rounded.scale;
    } else if (upper) codes.set(roundGptq(row, step, range, upper, units), n * width);
    else if (random) codes.set(roundStochastic(row, step, range, random, units), n * width);
    else codes.set(roundNearest(row, step, range, units), n * width);
  }
  return { codes, scales };
}

/** `b - (Q(W) - W) E[x]` (Nagel et al., arXiv 1906.04721, section 4.2). */
function correctedBias(
  { shape, data }: FloatTensor,
  bias: FloatTensor,
  scaled: Int32Array,
  scales: readonly number[],
  facts: LayerFacts,
): number[] {
  const width = shape[1] ?? 0;
  const mean = columnMeans(facts.rows());
  return Array.from(bias.data, (b, n) => {
    const own = data.subarray(n * width, (n + 1) * width);
    const rounded = scaled.subarray(n * width, (n + 1) * width);
    return b - ((scales[n] as number) * dot(rounded, mean) - dot(own, mean));
  });
}

/** FNV-1a, so that every layer has a random stream of its own. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}
