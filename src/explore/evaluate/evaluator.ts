import type { Board } from '../../boards/index.ts';
import type { CheckedGraph } from '../../check/index.ts';
import {
  type EngineShape,
  type Latencies,
  latencies,
  planShape,
  streamRule,
  type WeightPlace,
  type WeightStream,
} from '../../plan/index.ts';
import { BUFFERS } from '../../plan/plan-shape.ts';
import type { ResourceEstimate } from '../../plan/resources.ts';
import { streamBytes } from '../../plan/weight-stream.ts';
import { type ArrayKind, type Arrays, createArrays } from './arrays.ts';
import { createTemplates, type StreamedSet, type Templates, type TimedFrame } from './frames.ts';
import { type AskedArrays, legalArrays } from './legal-arrays.ts';
import { rowsInTile } from './row-share.ts';
import { surroundingsOf } from './surroundings.ts';

/** A plan's figures. They are those of `planShape`, and `exact` says whether they are proven to be. */
export interface Worked {
  readonly cyclesPerFrame: number;
  readonly latencyCycles: number;
  readonly estimate: ResourceEstimate;
  /** Bytes of weights from external memory for a frame. */
  readonly weightBytes: number;
  /** Where false the figures are lower bounds: the bus may bring the weights late. */
  readonly exact: boolean;
}

/** Works plans of one graph out, and remembers what they share. */
export interface Evaluator {
  /** Bits of all weights. */
  readonly weightBits: number;
  work(shape: EngineShape, place: WeightPlace): Worked;
  /** The same by the planner itself, streamed weights cycle by cycle. */
  workExactly(shape: EngineShape, place: WeightPlace): Worked;
  /**
   * The arrays that can be made of a tile: those of DSP primitives, or the others. Of weights with
   * rows of another kind they are those that multiply these rows on LUTs. The lanes of the tile do
   * not count: they divide the keys of an array, or no plan has both.
   */
  kinds(tile: EngineShape, asked: AskedArrays): readonly ArrayKind[];
  /** The array like another of outputs on DSPs and LUTs, with the fewest on LUTs for so many DSPs. */
  within(dsps: number, tile: EngineShape, like: ArrayKind): ArrayKind | null;
  /**
   * A plan without its array, by the array's latency; its `estimate` is all but the array's. Of
   * the shape's multipliers only the outputs in a tile of keys count; without any, a tile has all.
   */
  around(shape: EngineShape, place: WeightPlace): (latency: Latencies) => Worked;
}

/** What a plan takes: its array and what is around it. */
export function estimateOf(around: Worked, { need }: ArrayKind): ResourceEstimate {
  const { lut, ff, dsp, bram36, uram, memoryBits } = around.estimate;
  return {
    lut: lut + need.lut,
    ff: ff + need.ff,
    dsp: dsp + need.dsp,
    bram36: bram36 + need.bram36,
    uram: uram + need.uram,
    memoryBits,
  };
}

/**
 * What is known of a plan whose frame has its weights late: the planner also tries another frame,
 * and takes the one that is faster. Where it is open which that is, nothing is above what either
 * takes.
 */
function eitherOf(late: Worked, other: Worked): Worked {
  if (other.exact && other.cyclesPerFrame < late.cyclesPerFrame) return other;
  return {
    cyclesPerFrame: Math.min(late.cyclesPerFrame, other.cyclesPerFrame),
    latencyCycles: Math.min(late.latencyCycles, other.latencyCycles),
    estimate: leastOf(late.estimate, other.estimate),
    weightBytes: Math.min(late.weightBytes, other.weightBytes),
    exact: false,
  };
}

/** The buffers that the planner tries. A larger one may take fewer LUTs: its words are in blocks. */
function buffersOf(least: WeightStream): readonly WeightStream[] {
  return BUFFERS.map((factor) => ({ ...least, lines: factor * least.lines }));
}

function leastOf(a: ResourceEstimate, b: ResourceEstimate): ResourceEstimate {
  return {
    lut: Math.min(a.lut, b.lut),
    ff: Math.min(a.ff, b.ff),
    dsp: Math.min(a.dsp, b.dsp),
    bram36: Math.min(a.bram36, b.bram36),
    uram: Math.min(a.uram, b.uram),
    memoryBits: Math.min(a.memoryBits, b.memoryBits),
  };
}

const nothing: StreamedSet = { key: '', has: () => false };

/**
 * Plans of one checked graph on a board. Cycles come from a shortened frame, resources from the
 * planner's own estimate: of the array by itself, and of all around it. Both are kept for the points
 * that share them.
 */
export function createEvaluator(
  checked: CheckedGraph,
  board: Board,
  templates: Templates = createTemplates(checked),
  arrays: Arrays = createArrays(board),
): Evaluator {
  const { graph } = checked;
  const surroundings = surroundingsOf(checked, board);
  const weighted = graph.nodes
    .filter(({ kind }) => kind === 'linear' || kind === 'patchEmbedding')
    .map(({ output }) => output.name);
  const rule = streamRule(graph);
  const streamedSets = new Map<string, StreamedSet>();
  const kinds = new Map<string, readonly ArrayKind[]>();
  const exactly = new Map<string, Worked>();

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

  const around = (shape: EngineShape, place: WeightPlace) => {
    const tile = templates.get(shape);
    const set = place === 'onChip' ? nothing : streamedSet(shape, place.axiBits);
    const wordBits = shape.inputs * rule.bits;
    const needs = new Map<string, ResourceEstimate>();
    const found = new Map<number, Worked>();
    const needOf = (frame: TimedFrame, stream: WeightStream | null): ResourceEstimate => {
      const size = stream ? `${stream.lines} ${Math.log2(stream.words) | 0}` : '';
      const key = `${frame.depthsKey} ${frame.maxWords} ${frame.instructions} ${size}`;
      let estimate = needs.get(key);
      if (!estimate) {
        estimate = surroundings.need(shape, tile.template, frame, set, stream);
        needs.set(key, estimate);
      }
      return estimate;
    };
    const workedOf = (frame: TimedFrame): Worked => {
      const streamed = place === 'onChip' ? null : frame.streamed(set, place.axiBits, wordBits);
      const stream = streamed?.stream ?? null;
      const exact = streamed?.inTime ?? true;
      const streams = stream && !exact ? buffersOf(stream) : [stream];
      return {
        cyclesPerFrame: streamed?.perFrame ?? frame.perFrame,
        latencyCycles: frame.latency,
        estimate: streams.map((one) => needOf(frame, one)).reduce(leastOf),
        weightBytes: streamed?.bytes ?? 0,
        exact,
      };
    };
    return (latency: Latencies): Worked => {
      const known = found.get(latency.array);
      if (known) return known;
      const frame = tile.frame(shape.vector, latency);
      const first = workedOf(frame);
      const made = first.exact ? first : eitherOf(first, workedOf(frame.other()));
      found.set(latency.array, made);
      return made;
    };
  };

  /** A plan by the planner, without its array. */
  const exactlyAround = (shape: EngineShape, place: WeightPlace, { need }: ArrayKind): Worked => {
    const own = rowsInTile(checked, shape.outputs) ?? checked;
    const plan = planShape(own, board, board.defaultClockMHz, shape, place);
    const { stream, cycles, estimate } = plan;
    const { lut, ff, dsp, bram36, uram, memoryBits } = estimate;
    return {
      cyclesPerFrame: cycles.perFrame,
      latencyCycles: cycles.latency,
      estimate: {
        ...{ lut: lut - need.lut, ff: ff - need.ff, dsp: dsp - need.dsp },
        ...{ bram36: bram36 - need.bram36, uram: uram - need.uram, memoryBits },
      },
      weightBytes: stream ? streamBytes(stream.words, stream.wordBits, stream.axiBits) : 0,
      exact: true,
    };
  };

  return {
    weightBits: rule.totalBits,
    around,
    kinds(tile, asked) {
      const { tokens, inputs, outputs } = tile;
      const { primitives, lutOutputs, lutOperands } = asked;
      const key = `${tokens} ${inputs} ${outputs} ${primitives} ${lutOutputs} ${lutOperands}`;
      const known = kinds.get(key);
      if (known) return known;
      const made = legalArrays(checked, tile, board, asked).map((multipliers) =>
        arrays.get(tile, multipliers, surroundings.base),
      );
      kinds.set(key, made);
      return made;
    },
    within: (dsps, tile, { multipliers }) =>
      arrays.within(dsps, tile, multipliers, surroundings.base),
    work({ multipliers, ...tile }, place) {
      if (!multipliers) throw new Error('no multipliers');
      const kind = arrays.get(tile, multipliers, surroundings.base);
      const shape = { ...tile, multipliers };
      const worked = around(shape, place)(latencies(shape));
      return { ...worked, estimate: estimateOf(worked, kind) };
    },
    workExactly(shape, place) {
      const { multipliers } = shape;
      if (!multipliers) throw new Error('no multipliers');
      const kind = arrays.get(shape, multipliers, surroundings.base);
      const { tokens, inputs, outputs, vector } = shape;
      const bus = place === 'onChip' ? 0 : place.axiBits;
      // Arrays that are alike from outside have the same surroundings.
      const key = `${tokens} ${inputs} ${outputs} ${vector} ${bus} ${kind.keys} ${kind.latency.array}`;
      let around = exactly.get(key);
      if (!around) {
        around = exactlyAround(shape, place, kind);
        exactly.set(key, around);
      }
      return { ...around, estimate: estimateOf(around, kind) };
    },
  };
}
