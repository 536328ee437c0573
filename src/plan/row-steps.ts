import type { IntegerGraph, IntegerNode, LayerNormNode } from '../ir/index.ts';

/** The largest exponent of steps per token in a graph; 0 where no rows have steps of their own. */
export function rowExponent({ nodes }: IntegerGraph): number {
  return nodes.reduce((most, { output }) => Math.max(most, output.rowExponent ?? 0), 0);
}

/**
 * Bits by which the sums of a node are in a finer unit than those of the integer graph: its bias is
 * times `2^bits` then, and its shift is larger by as much. All rows of the memory of normalized tokens
 * are brought to the finest step, also those with the step of their tensor, whose exponent is 0.
 */
export function finerBits(graph: IntegerGraph, node: IntegerNode): number {
  if (node.kind !== 'linear') return 0;
  const source = graph.nodes.find(({ output }) => output.name === node.input);
  return source?.kind === 'layerNorm' ? rowExponent(graph) : 0;
}

/**
 * The bias of a LayerNorm as the unit adds it. Where steps per token are chosen, the unit rounds behind
 * the shift: the constant that rounds is not in the bias of a LayerNorm with the step of its tensor.
 */
export function normBias(graph: IntegerGraph, { bias, shift, output }: LayerNormNode) {
  const inBias = rowExponent(graph) > 0 && !output.rowExponent;
  return inBias ? bias.map((b) => b - 2 ** (shift - 1)) : bias;
}
