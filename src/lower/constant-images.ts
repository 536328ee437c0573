import {
  type IntegerGraph,
  isKind,
  type LinearNode,
  type PatchEmbeddingNode,
  type ScoresNode,
  type WeightedValuesNode,
} from '../ir/index.ts';
import {
  type EngineParameters,
  finerBits,
  normBias,
  type ParameterSegment,
  type Program,
  roundingInBias,
  type TableSegment,
} from '../plan/index.ts';
import { hexWord } from './hex.ts';
import { find, image, type MemoryImage, padToTwo } from './memory-image.ts';

/** Bias and multiplier of every output channel: `{multiplier, bias}`, bias in the low bits. */
export function parameterImage(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
): MemoryImage {
  const notes = new Map(
    program.parameters.map(({ base, tensor, first }) => [
      base,
      ` // ${base}: ${tensor} from channel ${first}`,
    ]),
  );
  const words = parameterValues(graph, program, p).map(
    (word, i) => hexWord(word, [p.BIAS_BITS, 16]) + (notes.get(i) ?? ''),
  );
  const comment = `multiplier (16 bits) and bias (${p.BIAS_BITS} bits) of every output channel`;
  return image('channel_parameters', 0, comment, words);
}

/** Bias and multiplier of every output channel, in the order of the parameters' memory. */
export function parameterValues(
  graph: IntegerGraph,
  program: Program,
  p: Pick<EngineParameters, 'TO'>,
): readonly (readonly [bias: number, multiplier: number])[] {
  const rounding = roundingInBias(graph);
  return program.parameters.flatMap((segment) => {
    const { bias, multiplier, shift } = channelParameters(graph, segment);
    const half = rounding(shift);
    return Array.from({ length: segment.words }, (_, i): [number, number] => {
      const lane = i % p.TO;
      const number = Math.floor(i / p.TO) * segment.tile + lane;
      const channel = segment.first + number;
      const inside = lane < segment.tile && number < segment.channels;
      return inside ? [bias(channel) + half, multiplier(channel)] : [0, 0];
    });
  });
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
  const node = graph.nodes.find(isKind('patchEmbedding'));
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
