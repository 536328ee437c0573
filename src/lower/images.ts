import type {
  IntegerGraph,
  LayerNormNode,
  LinearNode,
  PatchEmbeddingNode,
  ScoresNode,
  WeightedValuesNode,
} from '../ir/index.ts';
import type {
  EngineParameters,
  ParameterSegment,
  Program,
  TableSegment,
  WeightSegment,
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

/** One file per weight, rows of `ceil(reduction / TI)` words. */
export function weightImages(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
): MemoryImage[] {
  return program.weights.map((segment) => {
    const node = find<LinearNode | PatchEmbeddingNode>(graph, segment.tensor);
    const words: string[] = [];
    const perRow = Math.ceil(segment.reduction / p.TI);
    for (let row = 0; row < segment.rows; row++) {
      const padded = paddedRow(node.weight, row, segment);
      for (let k = 0; k < perRow; k++) {
        const lanes = Array.from({ length: p.TI }, (_, i) => padded(k * p.TI + i));
        words.push(hexWord(lanes, p.W_BITS));
      }
    }
    const comment = `${segment.path}: ${segment.rows} rows of ${perRow} words, ${p.TI} x ${p.W_BITS} bits`;
    return image(segment.path, segment.base, comment, words);
  });
}

/** Element of a weight row at a padded reduction index; padding is zero. */
function paddedRow(weight: Int32Array, row: number, segment: WeightSegment): (k: number) => number {
  const { heads, rows } = segment;
  const columns = weight.length / rows;
  return (k) => {
    if (!heads) return k < columns ? (weight[row * columns + k] as number) : 0;
    const head = Math.floor(k / heads.pitch);
    const channel = k % heads.pitch;
    if (head >= heads.count || channel >= heads.width) return 0;
    return weight[row * columns + head * heads.width + channel] as number;
  };
}

/** Bias and multiplier of every output channel: `{multiplier, bias}`, bias in the low bits. */
export function parameterImage(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
): MemoryImage {
  const words: string[] = [];
  for (const segment of program.parameters) {
    const { bias, multiplier } = channelParameters(graph, segment);
    for (let i = 0; i < segment.words; i++) {
      const inside = i < segment.channels;
      const channel = segment.first + i;
      const word = inside ? [bias(channel), multiplier(channel)] : [0, 0];
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
): { bias: (c: number) => number; multiplier: (c: number) => number } {
  const node = find<LinearNode | PatchEmbeddingNode | ScoresNode | WeightedValuesNode>(
    graph,
    segment.tensor,
  );
  switch (node.kind) {
    case 'linear':
      return {
        bias: (c) => node.epilogue.bias[c] as number,
        multiplier: (c) => node.epilogue.multiplier[c] as number,
      };
    case 'patchEmbedding':
      return { bias: () => 0, multiplier: (c) => node.multiplier[c] as number };
    default:
      return { bias: () => 0, multiplier: () => node.multiplier };
  }
}

/** Position embedding, class token and bias: what the embedding adds, in words of TO codes. */
export function offsetImage(graph: IntegerGraph, p: EngineParameters): MemoryImage {
  const node = graph.nodes.find((n): n is PatchEmbeddingNode => n.kind === 'patchEmbedding');
  if (!node) throw new Error('the graph has no patch embedding');
  const [tokens = 0, channels = 0] = node.output.shape;
  const words: string[] = [];
  for (let t = 0; t < tokens; t++) {
    for (let c = 0; c < channels; c += p.TO) {
      const lanes = Array.from({ length: p.TO }, (_, i) =>
        c + i < channels ? (node.offset[t * channels + c + i] as number) : 0,
      );
      words.push(hexWord(lanes, p.RES_BITS));
    }
  }
  const comment = `position embedding, class token and bias: ${tokens} rows, ${p.TO} x ${p.RES_BITS} bits a word`;
  return image('embedding_offset', 0, comment, words);
}

/** Weight and bias of every LayerNorm channel, VL channels a word, bias in the low bits of a channel. */
export function normImage(graph: IntegerGraph, p: EngineParameters): MemoryImage {
  const words: string[] = [];
  const norms = graph.nodes.filter((n): n is LayerNormNode => n.kind === 'layerNorm');
  for (const node of norms) {
    const channels = node.weight.length;
    for (let c = 0; c < channels; c += p.VL) {
      const lanes: number[] = [];
      for (let i = 0; i < p.VL; i++) {
        const inside = c + i < channels;
        lanes.push(
          inside ? (node.bias[c + i] as number) : 0,
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
  // A memory has at least two words.
  while (words.length < 2) words.push(hexWord([0], bits));
  return image(path, 0, `${comment}, ${bits} bits`, words);
}

function find<T extends IntegerGraph['nodes'][number]>(graph: IntegerGraph, name: string): T {
  const node = graph.nodes.find((n) => n.output.name === name);
  if (!node) throw new Error(`no node makes ${name}`);
  return node as T;
}
