import type { IntegerGraph, IntegerNode } from '../ir/index.ts';

/** What belongs to no layer: the input of a frame and its result. */
export const STREAMS = 'streams';

/**
 * The layers of a model, in order, and to which each tensor belongs: the patch embedding, the
 * branches that each add to the residual stream (`block0.attention`, `block0.mlp`), and what
 * follows them, the head. A branch has the name of the stream after it; embedding and head have
 * those of their weights.
 */
export function layersOf(graph: IntegerGraph): ReadonlyMap<string, string> {
  const layers = new Map<string, string>();
  let branch: IntegerNode[] = [];
  for (const node of graph.nodes) {
    branch.push(node);
    const isEnd = node.kind === 'patchEmbedding' || node === graph.nodes.at(-1);
    const addsToStream = node.kind === 'linear' && node.epilogue.residual !== null;
    if (!isEnd && !addsToStream) continue;
    const name = isEnd ? weightName(node) : node.output.name;
    for (const { output } of branch) layers.set(output.name, name);
    branch = [];
  }
  return layers;
}

/** `head` of the node whose weight is `head.weight`; the name of its output without such a path. */
function weightName(node: IntegerNode): string {
  const path = 'path' in node && typeof node.path === 'string' ? node.path : node.output.name;
  return path.replace(/\.weight$/, '');
}
