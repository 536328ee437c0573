import {
  type IntegerGraph,
  type IntegerNode,
  type NumberFormat,
  signedBits,
  storageBits,
  tensorType,
} from '../ir/index.ts';

/** Bits of what the array multiplies, by the names of the RTL's parameters. */
export interface OperandBits {
  /** Activations and keys, signed. */
  readonly ACT_BITS: number;
  /** Input codes, signed. */
  readonly IN_BITS: number;
  /** Probabilities, unsigned. */
  readonly PROB_BITS: number;
  /** Weights, signed: those of the widest. */
  readonly W_BITS: number;
  /** The widest of the streamed codes. */
  readonly A_BITS: number;
  /** The widest of the stationary operands. */
  readonly B_BITS: number;
}

/** The widest operands of a graph's products. */
export function operandBits(graph: IntegerGraph): OperandBits {
  const { nodes } = graph;
  const result = nodes.at(-1);
  const activations = nodes.flatMap((node) => {
    if (node.kind === 'layerNorm' || node.kind === 'weightedValues') return [node.output.format];
    const inMemory = node.kind === 'linear' && node !== result && !node.epilogue.residual;
    return inMemory ? [node.output.format] : [];
  });
  const ACT_BITS = widest(activations, signedBits);
  const IN_BITS = signedBits(graph.input.tensor.format);
  const probabilities = nodes.flatMap((n) => (n.kind === 'softmax' ? [n.output.format] : []));
  const PROB_BITS = widest(probabilities, storageBits);
  const W_BITS = weightBits(graph);
  return {
    ACT_BITS,
    IN_BITS,
    PROB_BITS,
    W_BITS,
    A_BITS: Math.max(ACT_BITS, IN_BITS, PROB_BITS),
    B_BITS: Math.max(ACT_BITS, W_BITS),
  };
}

/** Bits of a weight in memory: those of the widest one. */
export function weightBits(graph: IntegerGraph): number {
  const formats = graph.nodes.flatMap((node) =>
    node.kind === 'linear' || node.kind === 'patchEmbedding' ? [node.weightFormat] : [],
  );
  return widest(formats, signedBits);
}

/** Bits of the scores that softmax takes, signed. */
export function scoreBits(graph: IntegerGraph): number {
  const softmaxes = graph.nodes.filter(
    (node): node is Extract<IntegerNode, { kind: 'softmax' }> => node.kind === 'softmax',
  );
  return widest(
    softmaxes.map((n) => tensorType(graph, n.input).format),
    signedBits,
  );
}

/** At least two, so that every memory has a sign and a digit. */
export function widest(formats: readonly NumberFormat[], bits: (f: NumberFormat) => number) {
  return Math.max(2, ...formats.map(bits));
}
