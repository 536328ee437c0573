import type { IntegerGraph, IntegerNode } from '../ir/index.ts';

/** What belongs to no layer: the input of a frame and its result. */
export const STREAMS = 'streams';

/**
 * The layers of a model, in order, and to which each tensor belongs: the patch embedding, the
 * branches that each add to the residual stream (`block0.attention`, `block0.mlp`), and what
 * follows them, the head. A branch has the name of the stream after it, by which its post-norm is
 * found; embedding and head have those of their weights.
 */
export function layersOf(graph: IntegerGraph): ReadonlyMap<string, string> {
  const layers = new Map<string, string>();
  const ends: string[] = [];
  let branch: IntegerNode[] = [];
  for (const node of graph.nodes) {
    const own = ends.find((end) => node.output.name.startsWith(`${end}.`));
    if (own) {
      layers.set(node.output.name, own);
      continue;
    }
    branch.push(node);
    const isEnd = node.kind === 'patchEmbedding' || node === graph.nodes.at(-1);
    if (!isEnd && !addsToStream(node)) continue;
    const name = isEnd ? weightName(node) : node.output.name;
    for (const { output } of branch) layers.set(output.name, name);
    branch = [];
    ends.push(name);
  }
  return layers;
}

/** A skip connection of which nothing is left takes only the place of a stream. */
function addsToStream(node: IntegerNode): boolean {
  const residual = node.kind === 'linear' ? node.epilogue.residual : null;
  // |x| is below 2^15: with the factor below 2^-16 it rounds to 0.
  return residual !== null && residual.multiplier * 2 ** 16 > 2 ** residual.shift;
}

/** `head` of the node whose weight is `head.weight`; the name of its output without such a path. */
function weightName(node: IntegerNode): string {
  const path = 'path' in node && typeof node.path === 'string' ? node.path : node.output.name;
  return path.replace(/\.weight$/, '');
}
