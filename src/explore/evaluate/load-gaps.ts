import type { Loads } from './loads.ts';

/** Loads between which the shortest time is known: `DISTANCES[i]` tiles apart. */
export const DISTANCES = [1, 2, 4, 8] as const;
const FARTHEST = 8;

/** The shortest times between the starts of loads that are 1, 2, 4, .. apart. */
export interface LoadGaps {
  /** Within a frame and from one to the next; loads of the first start as if long after others. */
  readonly gaps: readonly number[];
  /** From the last load of a frame to the first of the next. */
  readonly betweenFrames: number;
  /** The very first load. */
  readonly first: number;
}

/** The starts of the last loads, a ring, and the gaps so far; the last load of a frame just over. */
interface Search {
  readonly starts: Float64Array;
  readonly gaps: number[];
  count: number;
  frameEnd: number;
  betweenFrames: number;
}

/** Gaps of frames as `isInTime` takes them; a part that repeats is followed by itself once. */
export function gapsOf(loads: Loads): LoadGaps {
  const { first, sequences, again } = loads;
  const search: Search = {
    starts: new Float64Array(FARTHEST).fill(Number.NEGATIVE_INFINITY),
    gaps: DISTANCES.map(() => Number.POSITIVE_INFINITY),
    count: 0,
    frameEnd: Number.NEGATIVE_INFINITY,
    betweenFrames: Number.POSITIVE_INFINITY,
  };
  for (const sequence of sequences) {
    const { from, until, times, period } = sequence;
    for (let i = from; i < until; i++) addProduct(search, loads, i, 0);
    if (times > 1) for (let i = from; i < until; i++) addProduct(search, loads, i, period);
    // What follows the last repeat follows it as it would the second one.
    if (times > 2) move(search, (times - 2) * period);
    if (sequence.endsFrame) {
      search.frameEnd = search.starts[(search.count - 1) & (FARTHEST - 1)] as number;
    }
  }
  if (again.times > 0) {
    // Of a frame that comes again, only its beginning meets loads that it did not meet before.
    const enough = search.count + FARTHEST;
    for (const { from, until } of sequences.slice(again.from)) {
      for (let i = from; i < until && search.count < enough; i++) {
        addProduct(search, loads, i, again.period);
      }
      if (search.count >= enough) break;
    }
  }
  const { gaps, betweenFrames } = search;
  return { gaps, betweenFrames, first: first[0] ?? Number.POSITIVE_INFINITY };
}

/** The loads of a product of the list, later by some cycles. */
function addProduct(search: Search, loads: Loads, product: number, shift: number): void {
  const { first, second, period, tiles } = loads;
  const one = (first[product] as number) + shift;
  search.betweenFrames = Math.min(search.betweenFrames, one - search.frameEnd);
  search.frameEnd = Number.NEGATIVE_INFINITY;
  add(search, one);
  const rest = tiles[product] as number;
  addRest(search, (second[product] as number) + shift, period[product] as number, rest);
}

/** The tiles of a product but its first. */
function addRest(search: Search, second: number, period: number, tiles: number): void {
  const few = Math.min(tiles - 1, FARTHEST);
  for (let i = 0; i < few; i++) add(search, second + i * period);
  if (tiles - 1 <= few) return;
  // Those that follow are at the same distances as these: only the last ones are remembered.
  const last = second + (tiles - 2) * period;
  for (let i = 1; i <= FARTHEST; i++) {
    search.starts[search.count++ & (FARTHEST - 1)] = last - (FARTHEST - i) * period;
  }
  for (let d = 0; d < DISTANCES.length; d++) {
    const gap = (DISTANCES[d] as number) * period;
    if (gap < (search.gaps[d] as number)) search.gaps[d] = gap;
  }
}

function add(search: Search, at: number): void {
  const { starts, gaps } = search;
  const count = search.count++;
  for (let d = 0; d < DISTANCES.length; d++) {
    const gap = at - (starts[(count - (DISTANCES[d] as number)) & (FARTHEST - 1)] as number);
    if (gap < (gaps[d] as number)) gaps[d] = gap;
  }
  starts[count & (FARTHEST - 1)] = at;
}

function move({ starts }: Search, cycles: number): void {
  for (let i = 0; i < FARTHEST; i++) starts[i] = (starts[i] as number) + cycles;
}
