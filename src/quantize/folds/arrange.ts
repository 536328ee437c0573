import type { MixedRows } from '../../dsl/quant-method.ts';
import {
  EMBEDDING_NORM,
  headPaths,
  leadingPaths,
  type Model,
  type Parameters,
} from '../../model/index.ts';
import { type Context, tensor, weightFormat } from '../context.ts';
import { parameter } from '../float-model.ts';
import { layerFacts } from '../layer-facts.ts';
import { linearLayers } from '../layers.ts';
import { isMixedRow, levelStep, mixedLevels, roundToLevels, squaredError } from '../mixed-rows.ts';
import { roundNearest } from '../rounding/round-row.ts';
import { codeRange, weightSteps } from '../weight-steps.ts';

/**
 * Puts the rows that suffer least from the weights of mixed rows where these are, by permutations
 * that leave the float function as it is: hidden channels of an MLP; channels of a head, the same
 * for query and key, and for value and the columns that read it; channels of the residual stream,
 * the same everywhere. Classes stay in their order. What a row suffers is the squared error that it
 * has more as one kind than as the other, as a share of its layer's weights.
 */
export function arrangeRows(context: Context, rows: MixedRows): Parameters {
  const { model } = context;
  let parameters = context.parameters;
  for (const group of permutable(model)) {
    const order = orderOf(context, group, rows);
    for (const path of group.rows) {
      parameters = permute(parameters, `${path}.weight`, 0, order);
      parameters = permute(parameters, `${path}.bias`, 0, order);
    }
    for (const path of group.vectors) parameters = permute(parameters, path, 0, order);
    for (const path of group.columns) parameters = permute(parameters, path, 1, order);
  }
  return parameters;
}

/** Channels that may change places, and everything in which they must do so together. */
interface Group {
  readonly channels: number;
  /** Channels stay within their head. */
  readonly heads: number;
  /** Layers whose rows they are, without `.weight`. */
  readonly rows: readonly string[];
  /** Parameters with an element for each, and matrices whose columns they are. */
  readonly vectors: readonly string[];
  readonly columns: readonly string[];
}

function permutable(model: Model): Group[] {
  const { branches, width } = model;
  const layers = linearLayers(model);
  const inner = branches.flatMap((branch): Group[] => {
    const { name } = branch;
    if (branch.kind === 'attention') {
      const { heads, inner: channels = width } = branch;
      const own = { channels, heads, vectors: [] };
      return [
        { ...own, rows: [`${name}.query`, `${name}.key`], columns: [] },
        { ...own, rows: [`${name}.value`], columns: [`${name}.output.weight`] },
      ];
    }
    return branch.layers.slice(0, -1).map((layer, i) => ({
      ...{ channels: layer.width, heads: 1, vectors: [] },
      rows: [`${name}.linear${i}`],
      columns: [`${name}.linear${i + 1}.weight`],
    }));
  });
  const last = branches.map((branch) =>
    branch.kind === 'attention'
      ? `${branch.name}.output`
      : `${branch.name}.linear${branch.layers.length - 1}`,
  );
  const norms = [
    ...(model.embeddingNorm ? [EMBEDDING_NORM] : []),
    ...branches.map(({ name }) => `${name}.norm`),
    ...(model.finalNorm === 'none' ? [] : ['norm']),
  ];
  const readers = layers.filter(({ path }) => /\.(query|key|value|linear0)$/.test(path));
  const stream: Group = {
    ...{ channels: width, heads: 1 },
    rows: ['patchEmbedding', ...last],
    vectors: [
      ...leadingPaths(model),
      ...norms.flatMap((norm) => [`${norm}.weight`, `${norm}.bias`]),
    ],
    columns: [
      'positionEmbedding',
      ...readers.map(({ path }) => `${path}.weight`),
      ...headPaths(model).map((path) => `${path}.weight`),
    ],
  };
  return [...inner, stream];
}

/** `order[n]`: the channel that comes to place `n`. */
function orderOf(
  context: Context,
  { channels, heads, rows: paths }: Group,
  rows: MixedRows,
): Int32Array {
  const suffered = new Float64Array(channels);
  for (const path of paths) {
    const own = sufferedBy(context, path, rows);
    own.forEach((error, n) => {
      suffered[n] = (suffered[n] as number) + error;
    });
  }
  const order = new Int32Array(channels);
  const width = channels / heads;
  for (let first = 0; first < channels; first += width) {
    const all = Array.from({ length: width }, (_, i) => first + i);
    const mixed = all.filter((n) => isMixedRow(rows, n, channels, heads));
    const others = all.filter((n) => !isMixedRow(rows, n, channels, heads));
    const ranked = [...all].sort((a, b) => (suffered[a] as number) - (suffered[b] as number));
    const place = (places: readonly number[], from: readonly number[]) => {
      const sorted = [...from].sort((a, b) => a - b);
      places.forEach((n, i) => {
        order[n] = sorted[i] as number;
      });
    };
    place(mixed, ranked.slice(0, mixed.length));
    place(others, ranked.slice(mixed.length));
  }
  return order;
}

/**
 * What each row of a layer loses as a mixed row, with the steps that it has as a whole otherwise.
 * Rows are looked at where the model has them, which is where the calibration has their inputs: no
 * layer is in two groups, and the order of its columns changes no error.
 */
function sufferedBy(context: Context, path: string, rows: MixedRows): Float64Array {
  const weight = tensor(context, `${path}.weight`);
  const [out = 0, width = 0] = weight.shape;
  const { data } = weight;
  const method = context.method.weight;
  const format = weightFormat(context, path);
  const levels = mixedLevels(rows, format);
  const range = codeRange(format, method.range);
  const steps = weightSteps(method, weight, layerFacts(context, path), format);
  const energy = data.reduce((sum, w) => sum + w * w, 0);
  return Float64Array.from({ length: out }, (_, n) => {
    const own = steps[n] as number;
    if (own === 0) return 0;
    const row = data.subarray(n * width, (n + 1) * width);
    const step = levelStep(row, levels);
    const mixed = squaredError(row, roundToLevels(row, step, levels), step);
    return (mixed - squaredError(row, roundNearest(row, own, range), own)) / energy;
  });
}

/** A tensor with the slices along an axis, the first or the last of two, in another order. */
function permute(parameters: Parameters, path: string, axis: 0 | 1, order: Int32Array): Parameters {
  const { shape, data } = parameter(parameters, path);
  const size = axis === 0 ? data.length / order.length : 1;
  const permuted = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += size) {
    const n = (at / size) % order.length;
    const from = at + ((order[n] as number) - n) * size;
    permuted.set(data.subarray(from, from + size), at);
  }
  return new Map(parameters).set(path, { shape, data: permuted });
}
