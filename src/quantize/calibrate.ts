import { DiagnosticsError } from '../diagnostics/index.ts';
import { EMBEDDING_NORM, innerWidth, type Model, type Parameters } from '../model/index.ts';
import { runFloatModel } from './float-model.ts';
import { squaredDeviations } from './float-operators.ts';
import { layerInputs } from './layers.ts';

/** What the calibration images showed of one float tensor. */
export interface TensorStatistics {
  readonly min: number;
  readonly max: number;
  /** Largest magnitude. */
  readonly peak: number;
  /** Smallest and largest `sum_c (x[c] - mean)^2` over the rows, where the tensor has rows of the model's width. */
  readonly deviations: readonly [number, number];
  /** The same for row 0 alone, which is all that the final LayerNorm of a class token sees. */
  readonly firstRowDeviations: readonly [number, number];
  /** Smallest and largest value of each image, in order. */
  readonly images: readonly (readonly [number, number])[];
  /** Of each channel, where the tensor is a factor of a matrix product. */
  readonly channels: ChannelStatistics | undefined;
}

export interface ChannelStatistics {
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** Sum of the magnitudes over `rows` rows. */
  readonly magnitude: Float64Array;
  readonly rows: number;
}

export type Calibration = ReadonlyMap<string, TensorStatistics>;

/**
 * Runs the float model over the images and keeps the extremes of every tensor. Throws
 * `DiagnosticsError` when there is no image (VT301) or a tensor is not finite (VT302).
 */
export function calibrate(
  model: Model,
  parameters: Parameters,
  images: readonly Uint8Array[],
): Calibration {
  if (images.length === 0) {
    throw fault('VT301', 'there is no calibration image.', 'Give at least 1 image.', model);
  }
  const residuals = residualNames(model);
  const inputs = channelWidths(model);
  const statistics = new Map<string, TensorStatistics>();
  for (const pixels of images) {
    runFloatModel(model, parameters, pixels, (name, data) => {
      const width = residuals.has(name) ? model.width : 0;
      const seen = statisticsOf(data, width, inputs.get(name));
      const before = statistics.get(name);
      statistics.set(name, before ? merge(before, seen) : seen);
    });
  }
  const wild = [...statistics].find(([, s]) => !Number.isFinite(s.peak));
  if (wild) {
    const sentence = `the values of ${wild[0]} are not finite on the calibration images.`;
    throw fault(
      'VT302',
      sentence,
      'Check the weights: they are too large for 32-bit floats.',
      model,
    );
  }
  return statistics;
}

/** The tensors of which every channel counts: what layers read, and what attention multiplies. */
function channelWidths(model: Model): ReadonlyMap<string, number> {
  const attentions = model.branches.filter((branch) => branch.kind === 'attention');
  const parts = attentions.flatMap((branch) =>
    ['query', 'key', 'value'].map(
      (part) => [`${branch.name}.${part}`, innerWidth(branch, model)] as const,
    ),
  );
  return new Map([...layerInputs(model), ...parts]);
}

/** The tensors that LayerNorm reads. */
function residualNames(model: Model): ReadonlySet<string> {
  const branches = model.branches.map((branch) => branch.name);
  const norms = model.norm === 'post' ? branches.map((name) => `${name}.norm`) : [];
  return new Set(['embedding', EMBEDDING_NORM, 'pool', ...branches, ...norms]);
}

function statisticsOf(
  data: Float32Array,
  width: number,
  channels: number | undefined,
): TensorStatistics {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const v = data[i] as number;
    if (v < min) min = v;
    if (v > max) max = v;
    sum += v;
  }
  // A NaN passes both comparisons; the sum shows it.
  const peak = Number.isFinite(sum) ? Math.max(Math.abs(min), Math.abs(max)) : Number.NaN;
  const rows: number[] = [];
  for (let at = 0; width > 0 && at < data.length; at += width) {
    rows.push(squaredDeviations(data.subarray(at, at + width)));
  }
  const first = rows[0] ?? 0;
  const deviations: [number, number] = [Math.min(...rows, first), Math.max(...rows, first)];
  return {
    min,
    max,
    peak,
    deviations,
    firstRowDeviations: [first, first],
    images: [[min, max]],
    channels: channels === undefined ? undefined : channelsOf(data, channels),
  };
}

function merge(a: TensorStatistics, b: TensorStatistics): TensorStatistics {
  return {
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    peak: Math.max(a.peak, b.peak),
    deviations: span(a.deviations, b.deviations),
    firstRowDeviations: span(a.firstRowDeviations, b.firstRowDeviations),
    images: [...a.images, ...b.images],
    channels: a.channels && b.channels && mergeChannels(a.channels, b.channels),
  };
}

function channelsOf(data: Float32Array, channels: number): ChannelStatistics {
  const min = new Float64Array(channels).fill(Number.POSITIVE_INFINITY);
  const max = new Float64Array(channels).fill(Number.NEGATIVE_INFINITY);
  const magnitude = new Float64Array(channels);
  for (let at = 0; at < data.length; at += channels) {
    for (let c = 0; c < channels; c++) {
      const v = data[at + c] as number;
      if (v < (min[c] as number)) min[c] = v;
      if (v > (max[c] as number)) max[c] = v;
      magnitude[c] = (magnitude[c] as number) + Math.abs(v);
    }
  }
  return { min, max, magnitude, rows: data.length / channels };
}

function mergeChannels(a: ChannelStatistics, b: ChannelStatistics): ChannelStatistics {
  return {
    min: a.min.map((v, c) => Math.min(v, b.min[c] as number)),
    max: a.max.map((v, c) => Math.max(v, b.max[c] as number)),
    magnitude: a.magnitude.map((v, c) => v + (b.magnitude[c] as number)),
    rows: a.rows + b.rows,
  };
}

function span(
  a: readonly [number, number],
  b: readonly [number, number],
): readonly [number, number] {
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}

function fault(code: 'VT301' | 'VT302', message: string, hint: string, model: Model) {
  return new DiagnosticsError([
    { code, message, hint, place: model.place, subject: `model ${model.name}` },
  ]);
}
