import {
  GROUP_CODE_BITS,
  GROUP_FACTORS,
  groupCount,
  type IntegerGraph,
  isKind,
  type LinearNode,
  type PatchEmbeddingNode,
  type ScoresNode,
  type WeightedValuesNode,
} from '../ir/index.ts';
import {
  type EngineParameters,
  type EngineShape,
  finerBits,
  groupsOfTile,
  type InputOrder,
  inputAt,
  normBias,
  type ParameterSegment,
  type Program,
  packWeightStream,
  roundingInBias,
  streamedWords,
  type TableSegment,
  type WeightSegment,
} from '../plan/index.ts';
import { hexWord } from './hex.ts';

/** The contents of one memory, or of a run of its words. */
export interface MemoryImage {
  /** Relative to the output folder. */
  readonly path: string;
  /** First and last word. */
  readonly first: number;
  readonly last: number;
  /** One hexadecimal word a line; comments begin with `//`. */
  readonly text: string;
}

function image(
  path: string,
  first: number,
  comment: string,
  words: readonly string[],
): MemoryImage {
  return {
    path: `mem/${path}.mem`,
    first,
    last: first + words.length - 1,
    text: `// ${comment}\n${words.join('\n')}\n`,
  };
}

/** One file per weight on chip, tile by tile: TO words of TI elements each, zeros past the last row. */
export function weightImages(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
): MemoryImage[] {
  return program.weights
    .filter(({ streamed }) => !streamed)
    .map((segment) => {
      const words = segmentWords(graph, segment, p).map((lanes) => hexWord(lanes, segment.bits));
      const { count, width } = segment.groups;
      const comment = `${segment.path}: ${count} x ${width} rows in tiles of ${p.TO} words, ${p.TI} x ${segment.bits} bits`;
      return image(segment.path, segment.base, comment, words);
    });
}

/** The weights in external memory, in the order in which a frame takes them; null without a stream. */
export function weightStreamImage(
  graph: IntegerGraph,
  program: Program,
  shape: EngineShape,
  p: EngineParameters,
): Uint8Array | null {
  const { stream } = p;
  if (!stream) return null;
  const words: number[][] = [];
  for (const segment of program.weights.filter(({ streamed }) => streamed)) {
    segmentWords(graph, segment, p).forEach((lanes, i) => {
      words[segment.base + i] = lanes;
    });
  }
  const ordered = program.matmuls.flatMap((op) =>
    words.slice(op.b.base, op.b.base + streamedWords(op, shape)),
  );
  return packWeightStream(stream, ordered, stream.wordBits / p.TI);
}

/** The words of a weight, as the tile loader reads them. */
function segmentWords(
  graph: IntegerGraph,
  segment: WeightSegment,
  p: EngineParameters,
): number[][] {
  const { weight } = find<LinearNode | PatchEmbeddingNode>(graph, segment.tensor);
  const order = orderOf(weight, segment);
  const weightAt = (row: number, place: number) => {
    const input = inputAt(order, place);
    return input === null ? 0 : (weight[row * order.inputs + input] as number);
  };
  return Array.from(tileOrder(segment, p), ({ row, lane, k }) =>
    Array.from({ length: p.TI }, (_, i) => {
      const code = row === null ? 0 : weightAt(row, k + i);
      return lane < p.KEY_TO ? code : codeOnLuts(code, segment, p);
    }),
  );
}

/** A weight as the outputs on LUTs take it that multiply weights alone. */
function codeOnLuts(weight: number, { path }: WeightSegment, p: EngineParameters): number {
  if (p.LUT_POWERS) return powerCode(weight, p.LUT_BITS);
  const bound = 2 ** (p.LUT_BITS - 1);
  if (weight >= -bound && weight < bound) return weight;
  throw new Error(`${path}: a weight of ${weight} has more than ${p.LUT_BITS} bits`);
}

/** A power of two as vt_mac_shift takes it: a sign, and an exponent whose ones are all set for 0. */
function powerCode(weight: number, bits: number): number {
  const zero = 2 ** (bits - 1) - 1;
  if (weight === 0) return zero;
  const exponent = Math.log2(Math.abs(weight));
  if (!Number.isInteger(exponent) || exponent >= zero) {
    throw new Error(`${weight} is no power of two of ${bits} bits`);
  }
  return exponent + (weight < 0 ? zero + 1 : 0);
}

/** Row (null: padding), output of the array and first element of every word of a weight, as the loader reads them. */
function* tileOrder(
  { groups: { count, width }, reduction }: WeightSegment,
  { TI, TO }: EngineParameters,
): Generator<{ readonly row: number | null; readonly lane: number; readonly k: number }> {
  for (let group = 0; group < count; group++) {
    for (let first = 0; first < width; first += TO) {
      for (let k = 0; k < reduction; k += TI) {
        for (let row = first; row < first + TO; row++) {
          yield { row: row < width ? group * width + row : null, lane: row - first, k };
        }
      }
    }
  }
}

/** The order of a weight's inputs. */
function orderOf(weight: Int32Array, { groups, heads }: WeightSegment): InputOrder {
  return { inputs: weight.length / (groups.count * groups.width), parts: heads };
}

/** One word for each tile of a weight with groups: the factors of its TO rows, row 0 lowest. */
export function factorImage(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
): MemoryImage {
  const bits = GROUP_CODE_BITS;
  const words: string[] = [];
  for (const segment of program.weights) {
    const node = find<LinearNode>(graph, segment.tensor);
    if (segment.factors === null || !node.groups) continue;
    const order = orderOf(node.weight, segment);
    const { size, factors } = node.groups;
    const count = groupCount(order.inputs, size);
    let lanes: number[] = [];
    for (const { row, k } of tileOrder(segment, p)) {
      const [group = 0, ...others] = groupsOfTile(order, size, k, p.TI);
      if (others.length > 0) throw new Error(`a tile of ${segment.tensor} has several groups`);
      const factor = row === null ? undefined : factors[row * count + group];
      lanes.push(factor === undefined ? 0 : GROUP_FACTORS.indexOf(factor));
      if (lanes.length < p.TO) continue;
      const first = words.length === segment.factors;
      words.push(hexWord(lanes, bits) + (first ? ` // ${words.length}: ${segment.path}` : ''));
      lanes = [];
    }
  }
  padToTwo(words, hexWord(Array<number>(p.TO).fill(0), bits));
  const comment = `factors of groups of weights, 0 .. 3 for ${GROUP_FACTORS.join(', ')}: ${p.TO} x ${bits} bits for each tile`;
  return image('group_factors', 0, comment, words);
}

/** Bias and multiplier of every output channel: `{multiplier, bias}`, bias in the low bits. */
export function parameterImage(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
): MemoryImage {
  const words: string[] = [];
  const rounding = roundingInBias(graph);
  for (const segment of program.parameters) {
    const { bias, multiplier, shift } = channelParameters(graph, segment);
    const half = rounding(shift);
    for (let i = 0; i < segment.words; i++) {
      const lane = i % p.TO;
      const number = Math.floor(i / p.TO) * segment.tile + lane;
      const inside = lane < segment.tile && number < segment.channels;
      const channel = segment.first + number;
      const word = inside ? [bias(channel) + half, multiplier(channel)] : [0, 0];
      const note =
        i === 0 ? ` // ${segment.base}: ${segment.tensor} from channel ${segment.first}` : '';
      words.push(hexWord(word, [p.BIAS_BITS, 16]) + note);
    }
  }
  const comment = `multiplier (16 bits) and bias (${p.BIAS_BITS} bits) of every output channel`;
  return image('channel_parameters', 0, comment, words);
}

function channelParameters(
  graph: IntegerGraph,
  segment: ParameterSegment,
): { bias: (c: number) => number; multiplier: (c: number) => number; shift: number } {
  const node = find<LinearNode | PatchEmbeddingNode | ScoresNode | WeightedValuesNode>(
    graph,
    segment.tensor,
  );
  switch (node.kind) {
    case 'linear': {
      const finer = finerBits(graph, node);
      return {
        bias: (c) => (node.epilogue.bias[c] as number) * 2 ** finer,
        multiplier: (c) => node.epilogue.multiplier[c] as number,
        shift: node.epilogue.shift + finer,
      };
    }
    case 'patchEmbedding':
      return {
        bias: () => 0,
        multiplier: (c) => node.multiplier[c] as number,
        shift: node.shift,
      };
    default:
      return { bias: () => node.bias ?? 0, multiplier: () => node.multiplier, shift: node.shift };
  }
}

/** Position embedding, class token and bias: what the embedding adds, in words of TP x TO. */
export function offsetImage(graph: IntegerGraph, p: EngineParameters): MemoryImage {
  const node = graph.nodes.find((n): n is PatchEmbeddingNode => n.kind === 'patchEmbedding');
  if (!node) throw new Error('the graph has no patch embedding');
  const [tokens = 0, channels = 0] = node.output.shape;
  // An offset that is the bias of an accumulator.
  const half = p.OFFSET_BIAS ? roundingInBias(graph)(node.shift) : 0;
  const at = (t: number, c: number) =>
    t < tokens && c < channels ? (node.offset[t * channels + c] as number) + half : 0;
  const words: string[] = [];
  for (let t = 0; t < tokens; t += p.TP) {
    for (let c = 0; c < channels; c += p.TO) {
      const lanes = Array.from({ length: p.TP * p.TO }, (_, i) =>
        at(t + Math.floor(i / p.TO), c + (i % p.TO)),
      );
      words.push(hexWord(lanes, p.OFFSET_BITS));
    }
  }
  const comment = `position embedding, class token and bias: ${tokens} tokens, ${p.TP} x ${p.TO} x ${p.OFFSET_BITS} bits a word`;
  return image('embedding_offset', 0, comment, words);
}

/** Weight and bias of every LayerNorm channel, VL channels a word, bias in the low bits of a channel. */
export function normImage(graph: IntegerGraph, p: EngineParameters): MemoryImage {
  const words: string[] = [];
  const norms = graph.nodes.filter(isKind('layerNorm'));
  for (const node of norms) {
    const channels = node.weight.length;
    const bias = normBias(graph, node);
    for (let c = 0; c < channels; c += p.VL) {
      const lanes: number[] = [];
      for (let i = 0; i < p.VL; i++) {
        const inside = c + i < channels;
        lanes.push(
          inside ? (bias[c + i] as number) : 0,
          inside ? (node.weight[c + i] as number) : 0,
        );
      }
      const widths = lanes.map((_, i) => (i % 2 === 0 ? p.NORM_BIAS_BITS : p.NORM_W_BITS));
      words.push(hexWord(lanes, widths) + (c === 0 ? ` // ${node.path}` : ''));
    }
  }
  const comment = `LayerNorm: ${p.VL} channels a word, weight ${p.NORM_W_BITS} bits, bias ${p.NORM_BIAS_BITS} bits`;
  return image('layer_norm_parameters', 0, comment, words);
}

/** A table memory from its segments; a table that several operations share is there once. */
export function tableImage(
  path: string,
  comment: string,
  segments: readonly TableSegment[],
  bits: number,
): MemoryImage {
  const words = segments.flatMap((segment) =>
    Array.from(
      segment.entries,
      (entry, i) =>
        hexWord([entry], bits) + (i === 0 ? ` // ${segment.base}: ${segment.path}` : ''),
    ),
  );
  padToTwo(words, hexWord([0], bits));
  return image(path, 0, `${comment}, ${bits} bits`, words);
}

/** A memory has at least two words. */
function padToTwo(words: string[], zero: string): void {
  while (words.length < 2) words.push(zero);
}

function find<T extends IntegerGraph['nodes'][number]>(graph: IntegerGraph, name: string): T {
  const node = graph.nodes.find((n) => n.output.name === name);
  if (!node) throw new Error(`no node makes ${name}`);
  return node as T;
}
