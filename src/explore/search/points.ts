import type { EngineShape, WeightPlace } from '../../plan/index.ts';
import type { ArrayKind } from '../evaluate/arrays.ts';
import { estimateOf, type Worked } from '../evaluate/evaluator.ts';
import { frontOf, isDominated, paretoFront } from '../front.ts';
import { MEASURES, measuresOf } from './measures.ts';
import type { Row } from './task.ts';

/** Points of a tile that fit, in columns: there are many, and few of them are kept. */
export interface Points {
  count: number;
  /** `MEASURES` a point. */
  values: Float64Array;
  readonly around: Worked[];
  readonly kinds: ArrayKind[];
  readonly shapes: EngineShape[];
  readonly places: WeightPlace[];
}

export function noPoints(): Points {
  const values = new Float64Array(256 * MEASURES);
  return { count: 0, values, around: [], kinds: [], shapes: [], places: [] };
}

/** Adds a point of a graph: an array in its surroundings. */
export function addPoint(
  points: Points,
  graph: number,
  around: Worked,
  kind: ArrayKind,
  shape: EngineShape,
  place: WeightPlace,
): void {
  let at = points.count++ * MEASURES;
  if (at === points.values.length) {
    const larger = new Float64Array(2 * at);
    larger.set(points.values);
    points.values = larger;
  }
  const { values } = points;
  const { estimate, cyclesPerFrame } = around;
  const { need } = kind;
  // In the order of `measuresOf`.
  values[at++] = cyclesPerFrame;
  values[at++] = graph;
  values[at++] = estimate.lut + need.lut;
  values[at++] = estimate.dsp + need.dsp;
  values[at++] = estimate.bram36 + need.bram36;
  values[at++] = estimate.uram + need.uram;
  values[at] = estimate.memoryBits;
  points.around.push(around);
  points.kinds.push(kind);
  points.shapes.push(shape);
  points.places.push(place);
}

function rowOf(points: Points, i: number): Row {
  const around = points.around[i] as Worked;
  const kind = points.kinds[i] as ArrayKind;
  const { cyclesPerFrame, latencyCycles, weightBytes, exact } = around;
  return {
    ...{ cyclesPerFrame, latencyCycles, weightBytes, exact },
    estimate: estimateOf(around, kind),
    graph: points.values[i * MEASURES + 1] as number,
    tile: points.shapes[i] as EngineShape,
    multipliers: kind.multipliers,
    place: points.places[i] as WeightPlace,
  };
}

/**
 * Beats of the bus in a frame up to which a stream is worked out cycle by cycle at once: milliseconds
 * for each engine and bus. A model of 200,000 weights has five times as many, and thousands of such
 * engines.
 */
const FEW_BEATS = 5_000;

/**
 * The points of which no exact one is as good in everything. Those whose bus may be too slow are
 * worked out exactly where that takes little time; else one is kept only where no other place of
 * the weights is surely fast enough for the same engine.
 *
 * @param workExactly null where the point turns out to be beyond a limit
 * @returns those kept, and the number of those left out though they may be better
 */
export function worthKeeping(
  points: Points,
  workExactly: (row: Row) => Row | null,
): { readonly kept: readonly Row[]; readonly late: number } {
  const { count, values, around, kinds, shapes, places } = points;
  const exact: number[] = [];
  const others: number[] = [];
  for (let i = 0; i < count; i++) ((around[i] as Worked).exact ? exact : others).push(i);
  const front = frontOf(values, MEASURES, Int32Array.from(exact));
  const served = enginesOf(points, exact);
  const rows: Row[] = [];
  let late = 0;
  for (const i of others) {
    if (isDominated(values, MEASURES, front, noSlower(values, front, i), i)) continue;
    const isFew = beatsOf(around[i] as Worked, places[i] as WeightPlace) <= FEW_BEATS;
    if (isFew) {
      const row = workExactly(rowOf(points, i));
      if (row) rows.push(row);
    } else if (served.get(shapes[i] as EngineShape)?.has(kinds[i] as ArrayKind)) late++;
    else rows.push(rowOf(points, i));
  }
  const sure = Array.from(front, (i) => rowOf(points, i));
  const settled = rows.filter((row) => row.exact);
  const kept = [
    ...(settled.length > 0 ? paretoFront([...sure, ...settled], measuresOf) : sure),
    ...rows.filter((row) => !row.exact),
  ];
  return { kept, late };
}

/** How many points of a front, the fastest first, take no more cycles than another point. */
function noSlower(values: Float64Array, front: Int32Array, one: number): number {
  const cycles = values[one * MEASURES] as number;
  let from = 0;
  let until = front.length;
  while (from < until) {
    const middle = (from + until) >> 1;
    if ((values[(front[middle] as number) * MEASURES] as number) <= cycles) from = middle + 1;
    else until = middle;
  }
  return from;
}

/** The arrays of some points by the shapes that they are in; each graph has its own of both. */
function enginesOf({ shapes, kinds }: Points, some: readonly number[]) {
  const engines = new Map<EngineShape, Set<ArrayKind>>();
  for (const i of some) {
    const shape = shapes[i] as EngineShape;
    let own = engines.get(shape);
    if (!own) {
      own = new Set();
      engines.set(shape, own);
    }
    own.add(kinds[i] as ArrayKind);
  }
  return engines;
}

function beatsOf({ weightBytes }: Worked, place: WeightPlace): number {
  return place === 'onChip' ? 0 : (8 * weightBytes) / place.axiBits;
}
