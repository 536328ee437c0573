import type { CheckedGraph } from '../../check/index.ts';
import { rowGroups } from '../../plan/geometry.ts';
import {
  type EngineShape,
  keyOutputs,
  type Latencies,
  type MemoryDepths,
  type WeightStream,
  weightStream,
} from '../../plan/index.ts';
import { streamBeats } from '../../plan/weight-stream.ts';
import { isInTime } from './arrival-bound.ts';
import { gapsOf, type LoadGaps } from './load-gaps.ts';
import { type Loads, loadsOf, tilesOfFrame } from './loads.ts';
import { type StepTable, stepTable } from './step-table.ts';
import { createTemplate, type FrameSteps, type Template } from './template.ts';
import { countFrameCycles, FIRST_ISSUE, type FrameCycles, leastCycles } from './timeline.ts';

/** What graphs of one model at different bits share: everything but widths. */
export interface Templates {
  /** @param tile its multipliers say how many outputs a tile of keys has, and nothing else */
  get(tile: Omit<EngineShape, 'vector'>): TileFrames;
}

/** A tile's frames by lanes and latencies. */
export interface TileFrames {
  readonly template: Template;
  /** The frame that the planner takes: cut around LayerNorm unless that costs cycles. */
  frame(vector: number, latency: Latencies): TimedFrame;
}

/** A frame that has been counted. */
export interface TimedFrame {
  readonly perFrame: number;
  readonly latency: number;
  readonly maxWords: number;
  /** Instructions of the program, and matrix products among them. */
  readonly instructions: number;
  readonly products: number;
  readonly depths: MemoryDepths;
  /** Equal where the depths are. */
  readonly depthsKey: string;
  /** What streaming of some weights makes of it. */
  streamed(set: StreamedSet, axiBits: WeightStream['axiBits'], wordBits: number): StreamedFrame;
  /** The frame that the planner takes where weights come late in this one and not in that. */
  other(): TimedFrame;
}

/** The nodes whose weights are streamed, and a key that tells this set from others. */
export interface StreamedSet {
  readonly key: string;
  has(tensor: string): boolean;
}

/** Weights over a bus. */
export interface StreamedFrame {
  /** Null where no weights are streamed. */
  readonly stream: WeightStream | null;
  readonly bytes: number;
  /** Whether they are proven to be in time; else the cycles are a lower bound, for any buffer. */
  readonly inTime: boolean;
  readonly perFrame: number;
}

/** @param reference a graph; the others have its structure */
export function createTemplates({ graph }: CheckedGraph): Templates {
  const templates = new Map<string, TileFrames>();
  return {
    get({ tokens, inputs, outputs, multipliers }) {
      const keys = keyOutputs({ outputs, multipliers });
      const key = `${tokens} ${inputs} ${outputs} ${keys}`;
      const found = templates.get(key);
      if (found) return found;
      const tile = { tokens, inputs, outputs, vector: 1, multipliers };
      const groupsOf = (shape: EngineShape) => rowGroups(graph, shape);
      const made = tileFrames(tile, createTemplate(graph, tile), groupsOf);
      templates.set(key, made);
      return made;
    },
  };
}

function tileFrames(
  tile: EngineShape,
  template: Template,
  groupsOf: (shape: EngineShape) => Parameters<typeof stepTable>[2],
): TileFrames {
  const tables = new Map<FrameSteps, StepTable>();
  const frames = new Map<number, TimedFrame>();
  const stepsOf = (shape: EngineShape, latency: Latencies, cut: boolean): TimedSteps => {
    const steps = template.frame(shape, latency, cut);
    let table = tables.get(steps);
    if (!table) {
      table = stepTable(steps, shape, groupsOf(shape));
      tables.set(steps, table);
    }
    return { steps, table };
  };
  return {
    template,
    frame(vector, latency) {
      const key = vector * 4096 + latency.array;
      const found = frames.get(key);
      if (found) return found;
      const shape = { ...tile, vector };
      const counted = (isCut: boolean): CountedSteps => {
        const { steps, table } = stepsOf(shape, latency, isCut);
        return { steps, table, cycles: countFrameCycles(table, latency) };
      };
      // As the planner: the first of those with the fewest cycles.
      const cut = counted(true);
      const { table } = stepsOf(shape, latency, false);
      const isOpen = leastCycles(table, latency) < cut.cycles.perFrame;
      const whole = isOpen ? counted(false) : null;
      const frameOf = (one: CountedSteps, other: () => TimedFrame) =>
        timedFrame(one, tile.outputs, other);
      let behind: TimedFrame | undefined;
      const isWhole = whole !== null && whole.cycles.perFrame < cut.cycles.perFrame;
      const made: TimedFrame = frameOf(isWhole ? whole : cut, () => {
        behind ??= frameOf(isWhole ? cut : (whole ?? counted(false)), () => made);
        return behind;
      });
      frames.set(key, made);
      return made;
    },
  };
}

interface TimedSteps {
  readonly steps: FrameSteps;
  readonly table: StepTable;
}

interface CountedSteps extends TimedSteps {
  readonly cycles: FrameCycles;
}

function timedFrame(
  { steps, table, cycles }: CountedSteps,
  outputs: number,
  other: () => TimedFrame,
): TimedFrame {
  const { perFrame, latency } = cycles;
  const sets = new Map<string, SetLoads>();
  const streams = new Map<string, StreamedFrame>();
  const loadsOfSet = (set: StreamedSet): SetLoads => {
    const found = sets.get(set.key);
    if (found) return found;
    const streamed = table.weights.map((tensor) => set.has(tensor));
    const loads = loadsOf(cycles.loads, cycles.again, streamed);
    const made = { loads, gaps: gapsOf(loads), words: tilesOfFrame(loads) * outputs };
    sets.set(set.key, made);
    return made;
  };
  return {
    ...{ perFrame, latency, maxWords: table.maxWords },
    ...{ instructions: table.instructions, products: table.products },
    ...{ depths: steps.depths, depthsKey: steps.depthsKey, other },
    streamed(set, axiBits, wordBits) {
      const key = `${axiBits} ${wordBits} ${set.key}`;
      const found = streams.get(key);
      if (found) return found;
      const made = streamedFrame(perFrame, loadsOfSet(set), outputs, axiBits, wordBits);
      streams.set(key, made);
      return made;
    },
  };
}

/** The loads of some weights. */
interface SetLoads {
  readonly loads: Loads;
  readonly gaps: LoadGaps;
  /** Words that a frame takes. */
  readonly words: number;
}

function streamedFrame(
  perFrame: number,
  { loads, gaps, words }: SetLoads,
  outputs: number,
  axiBits: WeightStream['axiBits'],
  wordBits: number,
): StreamedFrame {
  if (words === 0) return { stream: null, bytes: 0, inTime: true, perFrame };
  const stream = weightStream({ axiBits, wordBits, words });
  const beats = streamBeats(stream);
  // A bus that brings fewer beats than a frame needs is late, whatever the order.
  const inTime = beats <= perFrame && isInTime(loads, gaps, stream, outputs, FIRST_ISSUE);
  const bytes = (beats * axiBits) / 8;
  return { stream, bytes, inTime, perFrame: inTime ? perFrame : Math.max(perFrame, beats) };
}
