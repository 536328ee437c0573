import type { IntegerGraph } from '../../ir/index.ts';
import type { EngineShape } from '../engine.ts';
import type { Program } from '../program.ts';
import { scheduleAttention } from './attention.ts';
import { scheduleContext } from './context.ts';
import { scheduleLinear } from './linear.ts';
import { scheduleEmbedding, scheduleNorm, schedulePool } from './tokens.ts';

/**
 * Writes the program of the engine for one integer graph.
 *
 * Every matrix product is `A * B^T` with both operands lying along the reduction: projections
 * stream tokens past weights; scores stream queries past keys; the value projection is computed
 * transposed (weight rows stream past tokens), so that weighted values can stream probabilities
 * past it without a transposition anywhere.
 *
 * The heads of an attention are pipelined, so queries, keys, values, scores and probabilities have
 * two buffers each. See docs/architecture.md, "Schedule".
 */
export function schedule(graph: IntegerGraph, shape: EngineShape): Program {
  const context = scheduleContext(graph, shape);
  const inHeads = new Set(context.groups.flatMap((g) => [g.query, g.key, g.value]));
  context.push('input', 0, 'input of the first frame', 3);
  for (const node of graph.nodes) {
    switch (node.kind) {
      case 'patchEmbedding':
        scheduleEmbedding(context, node);
        break;
      case 'layerNorm':
        scheduleNorm(context, node);
        break;
      case 'linear':
        if (!inHeads.has(node)) scheduleLinear(context, node);
        break;
      case 'weightedValues': {
        const group = context.groups.find((g) => g.weighted === node);
        if (group) scheduleAttention(context, group);
        break;
      }
      case 'meanPool':
        schedulePool(context, node);
        break;
      case 'scores':
      case 'softmax':
        break; // with the attention that they belong to
    }
  }
  context.push('result', 0, 'result of the frame', 0);
  return context.finish();
}
