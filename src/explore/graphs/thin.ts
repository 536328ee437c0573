import type { CheckedGraph } from '../../check/index.ts';
import type { IntegerNode } from '../../ir/index.ts';

/**
 * A checked graph with what planning reads of it: weights are left out, and of constants that count
 * by their width alone the smallest and the largest are kept. It is planned like the whole graph,
 * and small enough to be kept and sent to threads.
 */
export function thinGraph({ graph, widths }: CheckedGraph): CheckedGraph {
  return Object.freeze({ graph: { ...graph, nodes: graph.nodes.map(thinNode) }, widths });
}

const NOTHING = new Int32Array(0);

function thinNode(whole: IntegerNode): IntegerNode {
  const { place: _, ...node } = whole;
  switch (node.kind) {
    case 'patchEmbedding':
      return {
        ...node,
        weight: NOTHING,
        multiplier: extremes(node.multiplier),
        offset: extremes(node.offset),
      };
    case 'layerNorm': {
      const [low = 0, high = 0] = bounds(node.bias);
      return { ...node, weight: extremes(node.weight), bias: Float64Array.of(low, high) };
    }
    case 'linear': {
      const { bias, multiplier, ...epilogue } = node.epilogue;
      return {
        ...node,
        weight: NOTHING,
        ...(node.groups && { groups: { ...node.groups, factors: NOTHING } }),
        epilogue: { ...epilogue, bias: extremes(bias), multiplier: extremes(multiplier) },
      };
    }
    default:
      return node;
  }
}

function extremes(values: ArrayLike<number>): Int32Array {
  return Int32Array.from(bounds(values));
}

function bounds(values: ArrayLike<number>): readonly number[] {
  if (values.length === 0) return [];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
