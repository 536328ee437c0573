import type { Board } from '../../boards/index.ts';
import type { CheckedGraph } from '../../check/index.ts';
import { type IntegerGraph, signedBits } from '../../ir/index.ts';
import { rowGroups } from '../../plan/geometry.ts';
import {
  accumulatorBits,
  biasedBits,
  type EngineParameters,
  type EngineShape,
  engineParameters,
  latencies,
  legalMultipliers,
  type MemoryDepths,
  type Multipliers,
  planShape,
  streamRule,
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
import { gapsOf, isInTime, type LoadGaps, type LoadSequence } from './arrival-bound.ts';
import { createTemplate, type Template } from './template.ts';
import {
  countFrameCycles,
  FIRST_ISSUE,
  type FrameCycles,
  type TimedFrame,
  timeFrame,
} from './timeline.ts';

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
  /** The multipliers that can be made in a tile. */
  legal(tile: EngineShape, primitives: boolean): readonly Multipliers[];
}

/** What graphs of one model at different bits share: everything but widths. */
export interface Templates {
  get(tile: EngineShape): TileFrames;
}

/** A template and its frames by latency and vector lanes. */
interface TileFrames {
  readonly template: Template;
  frame(shape: EngineShape, cut: boolean): TimedTile;
}

/** A frame that has been counted. */
interface TimedTile extends FrameCycles {
  /** Unlike that of any other frame. */
  readonly id: number;
  readonly maxWords: number;
  readonly outputs: number;
  readonly depths: MemoryDepths;
  /** Equal where the depths are. */
  readonly depthKey: string;
  /** The loads of some weights alone. */
  streamed(set: StreamedSet): StreamedLoads;
}

/** The nodes whose weights are streamed, and a key that tells this set from others. */
interface StreamedSet {
  readonly key: string;
  has(tensor: string): boolean;
}

interface StreamedLoads {
  readonly loads: readonly LoadSequence[];
  readonly gaps: LoadGaps;
  /** Words that a frame takes. */
  readonly words: number;
}

/** @param reference a graph; the others have its structure */
export function createTemplates({ graph }: CheckedGraph): Templates {
  const templates = new Map<string, TileFrames>();
  let frames = 0;
  return {
    get(tile) {
      const key = `${tile.tokens} ${tile.inputs} ${tile.outputs}`;
      const found = templates.get(key);
      if (found) return found;
      const made = tileFrames(graph, createTemplate(graph, tile), () => frames++);
      templates.set(key, made);
      return made;
    },
  };
}

function tileFrames(graph: IntegerGraph, template: Template, nextId: () => number): TileFrames {
  const frames = new Map<number, TimedTile>();
  return {
    template,
    frame(shape, cut) {
      const key = 2 * (shape.vector * 4096 + latencies(shape).array) + (cut ? 1 : 0);
      const found = frames.get(key);
      if (found) return found;
      const steps = template.frame(shape, cut);
      const timed = timeFrame(steps, shape, rowGroups(graph, shape));
      const depths = template.depths(steps, shape);
      const made = countedTile(timed, countFrameCycles(timed), depths, nextId());
      frames.set(key, made);
      return made;
    },
  };
}

function countedTile(
  { maxWords, outputs }: TimedFrame,
  cycles: FrameCycles,
  depths: MemoryDepths,
  id: number,
): TimedTile {
  const sets = new Map<string, StreamedLoads>();
  return {
    ...{ ...cycles, id, maxWords, outputs, depths },
    depthKey: `${Object.values(depths).join(' ')} ${maxWords}`,
    streamed(set) {
      const found = sets.get(set.key);
      if (found) return found;
      const loads = cycles.loads.map((sequence) => ({
        ...sequence,
        loads: sequence.loads.filter(({ weight }) => set.has(weight)),
      }));
      const made = { loads, gaps: gapsOf(loads), words: wordsOfFrame(loads) * outputs };
      sets.set(set.key, made);
      return made;
    },
  };
}

/** Tiles of the first frame. */
function wordsOfFrame(sequences: readonly LoadSequence[]): number {
  let tiles = 0;
  for (const { loads, times, endsFrame } of sequences) {
    for (const load of loads) tiles += times * load.tiles;
    if (endsFrame) break;
  }
  return tiles;
}

const nothing: StreamedSet = { key: '', has: () => false };

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
  const weighted = graph.nodes
    .filter(({ kind }) => kind === 'linear' || kind === 'patchEmbedding')
    .map(({ output }) => output.name);
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
  const rule = streamRule(graph);
  const streamedSets = new Map<string, StreamedSet>();
  const memories = new Map<string, MemoryNeed>();
  const inTime = new Map<string, boolean>();
  const legal = new Map<string, readonly Multipliers[]>();
  const sections = new Map<string, readonly WeightSection[]>();

  const streamedSet = (shape: EngineShape, axiBits: number): StreamedSet => {
    const { tokens, inputs, outputs } = shape;
    const key = `${tokens} ${inputs * outputs} ${axiBits}`;
    const found = streamedSets.get(key);
    if (found) return found;
    const has = rule.streamed(shape, axiBits);
    const made = { key: weighted.map((tensor) => (has(tensor) ? 1 : 0)).join(''), has };
    streamedSets.set(key, made);
    return made;
  };

  const work = (shape: EngineShape, place: WeightPlace): Worked => {
    const tile = templates.get(shape);
    // As the planner: the first of those with the fewest cycles.
    const [cut, whole] = [tile.frame(shape, true), tile.frame(shape, false)];
    const frame = whole.perFrame < cut.perFrame ? whole : cut;
    const set = place === 'onChip' ? nothing : streamedSet(shape, place.axiBits);
    const streamed = place === 'onChip' ? null : frame.streamed(set);
    const stream =
      place === 'onChip' || !streamed || streamed.words === 0
        ? null
        : weightStream({
            axiBits: place.axiBits,
            wordBits: shape.inputs * rule.bits,
            words: streamed.words,
          });
    const { tokens, inputs, outputs, vector } = shape;
    const parameters = parametersOf(shape, tile.template, set, frame, stream);
    const memoryKey = `${tokens} ${inputs} ${outputs} ${vector} ${set.key} ${stream?.axiBits} ${frame.depthKey}`;
    let memory = memories.get(memoryKey);
    if (!memory) {
      memory = memoryNeed(parameters, board);
      memories.set(memoryKey, memory);
    }
    const bytes = stream ? streamBytes(stream.words, stream.wordBits, stream.axiBits) : 0;
    const beats = stream ? (bytes * 8) / stream.axiBits : 0;
    // A bus that brings fewer beats than a frame needs is late, whatever the order.
    const exact =
      !stream ||
      !streamed ||
      (beats <= frame.perFrame && arrivesInTime(frame, set, streamed, stream));
    return {
      cyclesPerFrame: exact ? frame.perFrame : Math.max(frame.perFrame, beats),
      latencyCycles: frame.latency,
      estimate: estimateResources(parameters, board, memory),
      weightBytes: bytes,
      exact,
    };
  };

  const arrivesInTime = (
    { id, outputs }: TimedTile,
    set: StreamedSet,
    { loads, gaps }: StreamedLoads,
    stream: WeightStream,
  ): boolean => {
    const key = `${id} ${set.key} ${stream.axiBits}`;
    const found = inTime.get(key);
    if (found !== undefined) return found;
    const made = isInTime(loads, gaps, stream, outputs, FIRST_ISSUE);
    inTime.set(key, made);
    return made;
  };

  /** The parameters on which the estimate depends; the others are those of another tile. */
  const parametersOf = (
    shape: EngineShape,
    template: Template,
    set: StreamedSet,
    frame: TimedTile,
    stream: WeightStream | null,
  ): EngineParameters => {
    const { tokens: TP, inputs: TI, outputs: TO, vector: VL, multipliers } = shape;
    const ACC_BITS = accumulatorBits(largestSum, TI, base.A_BITS, base.B_BITS);
    const groups = rowGroups(graph, shape);
    return {
      ...base,
      ...{ TP, TI, TO, VL, WORD: wordElements(shape) },
      STYLE: multipliers?.style ?? 0,
      CELL: multipliers?.cell ?? 0,
      LUT_TO: multipliers?.lutOutputs ?? 0,
      ACC_BITS,
      SUM_BITS: biasedBits(ACC_BITS + base.ROW_EXPONENT, base.BIAS_BITS),
      MAX_WORDS: frame.maxWords,
      CHANNEL_GROUPS: groups.channels,
      KEY_GROUPS: groups.keys,
      stream,
      weightSections: sectionsOf(shape, template, set),
      depths: frame.depths,
    };
  };

  /** Words on chip by their bits, the narrowest first. */
  const sectionsOf = (
    { tokens, inputs, outputs }: EngineShape,
    { weights }: Template,
    set: StreamedSet,
  ): readonly WeightSection[] => {
    const key = `${tokens} ${inputs} ${outputs} ${set.key}`;
    const found = sections.get(key);
    if (found) return found;
    const byBits = new Map<number, number>();
    for (const { tensor, words } of weights) {
      if (set.has(tensor)) continue;
      const bits = bitsOf.get(tensor) ?? 2;
      byBits.set(bits, (byBits.get(bits) ?? 0) + words);
    }
    const made = [...byBits]
      .sort(([a], [b]) => a - b)
      .map(([bits, words]) => ({ bits, first: 0, words }));
    sections.set(key, made);
    return made;
  };

  return {
    work,
    legal(tile, primitives) {
      // Whether products fit into DSPs or LUTs depends on how many are added up.
      const key = `${tile.inputs} ${tile.outputs} ${primitives}`;
      const found = legal.get(key) ?? legalMultipliers(graph, tile, board, { primitives });
      legal.set(key, found);
      return found;
    },
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
