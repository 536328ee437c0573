import type { IntegerGraph, IntegerNode } from '../../ir/index.ts';
import type { EngineShape } from '../engine.ts';
import type { Program } from '../program.ts';
import { attentionSteps } from './attention.ts';
import { type ScheduleContext, scheduleContext } from './context.ts';
import { linearSteps } from './linear.ts';
import { overlapNorms } from './overlap.ts';
import type { Step } from './steps.ts';
import { embeddingSteps, normSteps, poolSteps } from './tokens.ts';

export interface ScheduleOptions {
  /** Cut the products around a LayerNorm in halves of the rows, so that it runs beside them. */
  readonly overlapNorms: boolean;
  /** Nodes, by their output, whose weights lie in external memory. */
  readonly streamed: (tensor: string) => boolean;
}

/**
 * Writes the program of the engine for one integer graph.
 *
 * Every matrix product is `A * B^T`. Projections stream tokens past weights, scores stream queries
 * past keys; weighted values stream probabilities past values, whose tiles are filled by columns.
 *
 * The heads of an attention are pipelined; buffers share the words that are not needed at the same
 * time. See docs/architecture.md, "Schedule".
 */
export function schedule(
  graph: IntegerGraph,
  shape: EngineShape,
  options: ScheduleOptions,
): Program {
  const context = scheduleContext(graph, shape, options.streamed);
  return context.finish(scheduleSteps(context, options.overlapNorms));
}

/** The steps of a frame in their order, before their regions have places in the memories. */
export function scheduleSteps(context: ScheduleContext, cutAtNorms: boolean): Step[] {
  return orderSteps(wholeSteps(context), context, cutAtNorms);
}

/** The steps of a frame in the order of the nodes, none of them cut. */
export function wholeSteps(context: ScheduleContext): Step[] {
  const { graph } = context;
  return [
    { unit: 'input', label: 'input of the first frame', maxMatmul: 3, idle: [] },
    ...graph.nodes.flatMap((node) => nodeSteps(context, node)),
    { unit: 'result', label: 'result of the frame', maxMatmul: 0, idle: [] },
  ];
}

/** The steps as the sequencer takes them: cut around LayerNorm or not, the next input early. */
export function orderSteps(
  steps: readonly Step[],
  { shape, width, tokens }: Pick<ScheduleContext, 'shape' | 'width' | 'tokens'>,
  cutAtNorms: boolean,
): Step[] {
  const channelGroups = Math.ceil(width / shape.vector);
  const ordered = cutAtNorms ? overlapNorms(steps, shape, channelGroups) : steps;
  return prefetchInput(ordered, tokens);
}

/**
 * The next frame may come in as soon as the patches have been read. They have when the first
 * LayerNorm of all rows, or of the last ones, starts: the embedding is finished then.
 */
export function prefetchInput(steps: readonly Step[], tokens: number): Step[] {
  const at = steps.findIndex(
    (s) => s.unit === 'layerNorm' && s.operation.tap.rowOffset + s.operation.rows === tokens,
  );
  const input = { unit: 'input', label: 'input of the next frame', idle: [] } as const;
  const [before, maxMatmul] = at < 0 ? ([2, 0] as const) : ([at + 1, 3] as const);
  return [...steps.slice(0, before), { ...input, maxMatmul }, ...steps.slice(before)];
}

function nodeSteps(context: ScheduleContext, node: IntegerNode): Step[] {
  switch (node.kind) {
    case 'patchEmbedding':
      return embeddingSteps(context, node);
    case 'layerNorm':
      return normSteps(context, node);
    case 'linear': {
      const inHead = context.groups.some((g) => [g.query, g.key, g.value].includes(node));
      return inHead ? [] : linearSteps(context, node);
    }
    case 'weightedValues': {
      const group = context.groups.find((g) => g.weighted === node);
      return group ? attentionSteps(context, group) : [];
    }
    case 'meanPool':
      return poolSteps(context, node);
    case 'scores':
    case 'softmax':
      return []; // with the attention that they belong to
  }
}
