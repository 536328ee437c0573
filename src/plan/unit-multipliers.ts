import type { IntegerGraph } from '../ir/index.ts';

/**
 * Whether no sum of a product is multiplied: every multiplier is 1. Nothing lies then between the
 * bias and the shift, so the constant that rounds can be part of the bias.
 */
export function multipliersAreOne(graph: IntegerGraph): boolean {
  return graph.nodes.every((node) => {
    switch (node.kind) {
      case 'linear':
        return node.epilogue.multiplier.every((m) => m === 1);
      case 'patchEmbedding':
        return node.multiplier.every((m) => m === 1);
      case 'scores':
      case 'weightedValues':
        return node.multiplier === 1;
      default:
        return true;
    }
  });
}

/** What is added to a bias so that its sum is rounded by the shift that follows. */
export function roundingInBias(graph: IntegerGraph): (shift: number) => number {
  const folded = multipliersAreOne(graph);
  return (shift) => (folded && shift > 0 ? 2 ** (shift - 1) : 0);
}
