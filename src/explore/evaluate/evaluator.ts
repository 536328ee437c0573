import type { Board } from '../../boards/index.ts';
import type { CheckedGraph } from '../../check/index.ts';
import { signedBits } from '../../ir/index.ts';
import { rowGroups } from '../../plan/geometry.ts';
import {
  type EngineParameters,
  type EngineShape,
  engineParameters,
  latencies,
  log2Ceil,
  type MemoryDepths,
  planShape,
  streamBits,
  streamedNodes,
  type WeightPlace,
  type WeightSection,
  type WeightStream,
  weightStream,
  wordElements,
} from '../../plan/index.ts';
import {
  estimateResources,
  type MemoryNeed,
  memoryNeed,
  type ResourceEstimate,
} from '../../plan/resources.ts';
import { schedule } from '../../plan/schedule/index.ts';
import { streamBytes } from '../../plan/weight-stream.ts';
import { createTemplate, type FrameSteps, type Template } from './template.ts';
import { countFrameCycles, type FrameCycles, type TimedFrame, timeFrame } from './timeline.ts';

/** A plan's figures. They are those of `planShape`, and `exact` says whether they are proven to be. */
export interface Worked {
  readonly cyclesPerFrame: number;
  readonly latencyCycles: number;
  readonly estimate: ResourceEstimate;
  /** Bytes of weights from external memory for a frame. */
  readonly weightBytes: number;
  /** Where false the cycles are a lower bound: the bus may bring the weights late. */
  readonly exact: boolean;
}

/** Works plans of one graph out, and remembers what they share. */
export interface Evaluator {
  work(shape: EngineShape, place: WeightPlace): Worked;
  /** The same by the planner itself, streamed weights cycle by cycle. */
  workExactly(shape: EngineShape, place: WeightPlace): Worked;
  /** Useful products of a frame. */
  readonly products: number;
}

/** What graphs of one model at different bits share: everything but widths. */
export interface Templates {
  get(graph: CheckedGraph, tile: EngineShape, axiBits: number | null): TileFrames;
}

/** A template and its frames by latency and vector lanes. */
interface TileFrames {
  readonly template: Template;
  frame(shape: EngineShape, cut: boolean): TimedTile;
}

interface TimedTile extends TimedFrame {
  readonly key: string;
  readonly depths: MemoryDepths;
}

/** @param reference a graph; the others have its structure */
export function createTemplates(reference: CheckedGraph): Templates {
  const templates = new Map<string, TileFrames>();
  return {
    get(checked, tile, axiBits) {
      const key = `${tile.tokens} ${tile.inputs} ${tile.outputs} ${streamKey(checked, tile, axiBits)}`;
      const found = templates.get(key);
      if (found) return found;
      const made = tileFrames(reference, checked, tile, axiBits);
      templates.set(key, made);
      return made;
    },
  };
}

/** Tells apart which weights are streamed. */
function streamKey({ graph }: CheckedGraph, tile: EngineShape, axiBits: number | null): string {
  if (axiBits === null) return '';
  const streamed = streamedNodes(graph, tile, axiBits);
  return graph.nodes
    .filter(({ kind }) => kind === 'linear' || kind === 'patchEmbedding')
    .map(({ output }) => (streamed(output.name) ? 1 : 0))
    .join('');
}

function tileFrames(
  reference: CheckedGraph,
  checked: CheckedGraph,
  tile: EngineShape,
  axiBits: number | null,
): TileFrames {
  const streamed = axiBits === null ? () => false : streamedNodes(checked.graph, tile, axiBits);
  const template = createTemplate(reference.graph, tile, streamed);
  const frames = new Map<string, TimedTile>();
  return {
    template,
    frame(shape, cut) {
      const key = `${shape.vector} ${latencies(shape).array} ${cut}`;
      const found = frames.get(key);
      if (found) return found;
      const steps: FrameSteps = template.frame(shape, cut);
      const timed = timeFrame(steps, shape, rowGroups(reference.graph, shape));
      const made = { ...timed, key, depths: template.depths(steps, shape) };
      frames.set(key, made);
      return made;
    },
  };
}

/**
 * Plans of one checked graph on a board. Cycles come from a shortened frame, resources from the
 * planner's own estimate; both are kept for the points that share them.
 */
export function createEvaluator(
  checked: CheckedGraph,
  board: Board,
  templates: Templates = createTemplates(checked),
): Evaluator {
  const { graph } = checked;
  const some = { tokens: 1, inputs: 2, outputs: 2, vector: 1 };
  const base = engineParameters(
    checked,
    schedule(graph, some, { overlapNorms: false, streamed: () => false }),
    some,
  );
  const bitsOf = new Map(
    graph.nodes.flatMap((node) =>
      node.kind === 'linear' || node.kind === 'patchEmbedding'
        ? [[node.output.name, signedBits(node.weightFormat)] as const]
        : [],
    ),
  );
  const sums = [...checked.widths.values()].map((w) =>
    w.kind === 'matrix' ? w.accumulatorBits : 0,
  );
  const largestSum = Math.max(...sums);
  const cycles = new Map<string, FrameCycles>();
  const memories = new Map<string, MemoryNeed>();
  const sections = new Map<Template, readonly WeightSection[]>();

  const counted = (key: string, frame: TimedFrame, stream: WeightStream | null) => {
    const found = cycles.get(key);
    if (found) return found;
    const made = countFrameCycles(frame, stream);
    cycles.set(key, made);
    return made;
  };

  const work = (shape: EngineShape, place: WeightPlace): Worked => {
    const axiBits = place === 'onChip' ? null : place.axiBits;
    const tile = templates.get(checked, shape, axiBits);
    const wordBits = shape.inputs * streamBits(graph);
    const candidates = [true, false].map((cut) => {
      const frame = tile.frame(shape, cut);
      const stream =
        axiBits === null || frame.streamedWords === 0
          ? null
          : weightStream({
              axiBits: axiBits as WeightStream['axiBits'],
              wordBits,
              words: frame.streamedWords,
            });
      const { tokens, inputs, outputs } = shape;
      const key = `${tokens} ${inputs} ${outputs} ${frame.key} ${stream ? `${axiBits} ${wordBits} ${frame.streamedWords}` : ''}`;
      return { frame, stream, key, count: counted(key, frame, stream) };
    });
    // As the planner: the first of those with the fewest cycles.
    const [cut, whole] = candidates as [(typeof candidates)[0], (typeof candidates)[0]];
    const best = whole.count.perFrame < cut.count.perFrame ? whole : cut;
    const { frame, stream, count } = best;
    const parameters = parametersOf(shape, tile.template, frame, stream);
    const memoryKey = `${best.key} ${shape.vector} ${parameters.ACC_BITS}`;
    let memory = memories.get(memoryKey);
    if (!memory) {
      memory = memoryNeed(parameters, board);
      memories.set(memoryKey, memory);
    }
    const bound = stream
      ? (streamBytes(stream.words, stream.wordBits, stream.axiBits) * 8) / stream.axiBits
      : 0;
    return {
      cyclesPerFrame: count.late ? Math.max(count.perFrame, bound) : count.perFrame,
      latencyCycles: count.latency,
      estimate: estimateResources(parameters, board, memory),
      weightBytes: stream ? streamBytes(stream.words, stream.wordBits, stream.axiBits) : 0,
      exact: !count.late,
    };
  };

  /** The parameters on which the estimate depends; the others are those of another tile. */
  const parametersOf = (
    shape: EngineShape,
    template: Template,
    frame: TimedTile,
    stream: WeightStream | null,
  ): EngineParameters => {
    const { tokens: TP, inputs: TI, outputs: TO, vector: VL, multipliers } = shape;
    const dotBits = base.A_BITS + 1 + base.B_BITS + log2Ceil(TI);
    const ACC_BITS = Math.max(largestSum, dotBits + 1);
    const groups = rowGroups(graph, shape);
    return {
      ...base,
      ...{ TP, TI, TO, VL, WORD: wordElements(shape) },
      STYLE: multipliers?.style ?? 0,
      CELL: multipliers?.cell ?? 0,
      ACC_BITS,
      SUM_BITS: Math.max(ACC_BITS, base.BIAS_BITS) + 1,
      MAX_WORDS: frame.maxWords,
      CHANNEL_GROUPS: groups.channels,
      KEY_GROUPS: groups.keys,
      stream,
      weightSections: sectionsOf(template),
      depths: frame.depths,
    };
  };

  const sectionsOf = (template: Template): readonly WeightSection[] => {
    const found = sections.get(template);
    if (found) return found;
    const byBits = new Map<number, number>();
    for (const { tensor, words } of template.weights) {
      const bits = bitsOf.get(tensor) ?? 2;
      byBits.set(bits, (byBits.get(bits) ?? 0) + words);
    }
    const made = [...byBits]
      .sort(([a], [b]) => a - b)
      .map(([bits, words]) => ({ bits, first: 0, words }));
    sections.set(template, made);
    return made;
  };

  return {
    products: usefulProductsOf(checked),
    work,
    workExactly(shape, place) {
      const plan = planShape(checked, board, board.defaultClockMHz, shape, place);
      const { stream, cycles: found, estimate } = plan;
      return {
        cyclesPerFrame: found.perFrame,
        latencyCycles: found.latency,
        estimate,
        weightBytes: stream ? streamBytes(stream.words, stream.wordBits, stream.axiBits) : 0,
        exact: true,
      };
    },
  };
}

/** Products that serve a result, whatever the tile. */
function usefulProductsOf({ graph }: CheckedGraph): number {
  const some = { tokens: 1, inputs: 1, outputs: 1, vector: 1 };
  const { matmuls } = schedule(graph, some, { overlapNorms: false, streamed: () => false });
  return matmuls.reduce(
    (sum, { rows, lead, elements, columns }) => sum + (rows - lead) * elements * columns,
    0,
  );
}
