import { DEFAULT_LATENCY, type WeightStream } from '../../plan/index.ts';
import type { LoadGaps } from './load-gaps.ts';
import { DISTANCES } from './load-gaps.ts';
import type { LoadSequence, Loads } from './loads.ts';

/** Starts of loads that are remembered. */
const REMEMBERED = 64;

interface Supply {
  /** Beats of a tile. */
  readonly beats: number;
  /** Cycles from the start of a load by which its last word may stand at the latest. */
  readonly grace: number;
  /** Cycles from a word that is taken to the one that comes in its room. */
  readonly latency: number;
  /** Whole tiles that the buffer holds, and the words of a part of a tile beside them. */
  readonly held: number;
  readonly rest: number;
  /** Beats by which the lines and bursts at the end of a frame may fall short. */
  readonly frameEnd: number;
}

/** Undefined where the bus pauses for the latency, because too few bursts are under way. */
function supplyOf(stream: WeightStream, outputs: number): Supply | undefined {
  const { lineBeats, lineWords, lines, burst, outstanding } = stream;
  if (outstanding * burst < DEFAULT_LATENCY + 2 * burst) return undefined;
  const wordBeats = lineBeats / lineWords;
  const beats = outputs * wordBeats;
  // A request needs room for a whole burst; lines are taken and filled as a whole.
  const room = lines * lineBeats - burst - 2 * lineBeats;
  const words = Math.max(0, Math.floor(room / wordBeats));
  const held = Math.min(REMEMBERED, Math.floor(words / outputs));
  return {
    beats,
    // Words are taken one a cycle, and their beats come one a cycle.
    grace: Math.floor(Math.min(outputs - 1, beats - wordBeats)),
    // The rest of its line is taken; a request is decided, asked and answered; the word is the
    // last of its burst; it stands two cycles after its line is there.
    latency: lineWords + 4 + DEFAULT_LATENCY + burst + 2,
    held,
    rest: Math.min(outputs, words - held * outputs),
    frameEnd: 2 * burst + lineBeats,
  };
}

/**
 * Whether streamed weights are always there when they are wanted, by a bound that errs on the safe
 * side only: it may be false for a stream that is in time, and never true for one that is late.
 *
 * The bus brings a beat a cycle as long as there is room, and what fills the room of a word comes
 * `latency` cycles after it was taken. Of the words that a tile is to have, the last comes into the
 * room of one that was taken `held` tiles and `rest` words before, so that they are there at
 * `v[j] = max(v[j-1] + beats, start[j-held] + load - rest + latency)`. The words before it came a
 * beat or more before each other, and they are taken one a cycle, which leaves `grace`.
 *
 * @param gaps those of the loads
 * @param outputs rows of a tile, a word each
 * @param start cycle in which the stream is enabled
 */
export function isInTime(
  loads: Loads,
  gaps: LoadGaps,
  stream: WeightStream,
  outputs: number,
  start: number,
): boolean {
  const supply = supplyOf(stream, outputs);
  if (!supply) return false;
  if (isSteady(gaps, supply, outputs, start)) return true;
  // Of the steady streams, those whose room lies in their own tile are all.
  const { latency, held } = supply;
  if (held < 1) return false;
  const line: Arrival = {
    there: start + latency,
    starts: new Float64Array(held).fill(-1e12),
    next: 0,
  };
  const { sequences, again } = loads;
  if (!takeSequences(line, loads, sequences, 0, supply, outputs)) return false;
  const frame = sequences.slice(again.from);
  for (let n = 1; n <= again.times; n++) {
    const before = { ...line, starts: inOrder(line) };
    if (!takeSequences(line, loads, frame, n * again.period, supply, outputs)) return false;
    if (isNoLater(line, before, again.period)) return true;
  }
  return true;
}

/** The loads of some sequences, later by some cycles; false when one may find its words missing. */
function takeSequences(
  line: Arrival,
  loads: Loads,
  sequences: readonly LoadSequence[],
  shift: number,
  supply: Supply,
  outputs: number,
): boolean {
  for (const { from, until, times, period, endsFrame } of sequences) {
    for (let n = 0; n < times; n++) {
      const before = n > 0 && n + 1 < times ? { ...line, starts: inOrder(line) } : null;
      for (let i = from; i < until; i++) {
        if (!take(line, loads, i, shift + n * period, supply, outputs)) return false;
      }
      // What comes later never comes earlier for it: a repeat that finds things no later than the
      // one before it did is in time if that one was.
      if (before && isNoLater(line, before, period)) {
        const { starts } = line;
        const left = (times - 1 - n) * period;
        line.there += left;
        for (let i = 0; i < starts.length; i++) starts[i] = (starts[i] as number) + left;
        break;
      }
    }
    // The last line and the last burst of a frame may be shorter than the others.
    if (endsFrame) line.there += supply.frameEnd;
  }
  return true;
}

/** Whether loads find the bus no later than those a period before them did. */
function isNoLater(line: Arrival, before: Arrival, period: number): boolean {
  if (line.there - period > before.there) return false;
  const starts = inOrder(line);
  for (let i = 0; i < starts.length; i++) {
    if ((starts[i] as number) - period > (before.starts[i] as number)) return false;
  }
  return true;
}

/** The bound holds for every load by itself: from load to load the bus brings what one takes. */
function isSteady(
  { gaps, betweenFrames, first }: LoadGaps,
  { beats, grace, latency, held, rest, frameEnd }: Supply,
  outputs: number,
  start: number,
): boolean {
  const limit = 1 + grace;
  if (start + latency + beats > first + limit) return false;
  if (beats > (gaps[0] as number) || beats + frameEnd > betweenFrames) return false;
  if (held === 0) return outputs - rest + latency <= limit;
  // Of a larger buffer a part may be counted, of which a whole tile is the rest.
  return DISTANCES.some((distance, i) => {
    if (distance > held) return false;
    const refill = latency + (distance === held ? outputs - rest : 0);
    return refill <= (gaps[i] as number) + limit;
  });
}

interface Arrival {
  /** By then the beats of the last load are there. */
  there: number;
  /** Starts of the last loads, a ring; the oldest is at `next`. */
  readonly starts: Float64Array;
  next: number;
}

/** The oldest start first. */
function inOrder({ starts, next }: Arrival): Float64Array {
  return Float64Array.from(starts, (_, i) => starts[(next + i) % starts.length] as number);
}

/** The loads of a product of the list; false when one may find its words missing. */
function take(
  line: Arrival,
  loads: Loads,
  product: number,
  shift: number,
  { beats, grace, latency, rest }: Supply,
  outputs: number,
): boolean {
  const tiles = loads.tiles[product] as number;
  const period = loads.period[product] as number;
  const { starts } = line;
  const held = starts.length;
  const refill = outputs - rest + latency;
  const limit = 1 + grace;
  const single = Math.min(tiles, 2 * held + 2);
  let at = (loads.first[product] as number) + shift;
  for (let i = 0; i < single; i++) {
    if (i === 1) at = (loads.second[product] as number) + shift;
    else if (i > 1) at += period;
    line.there = Math.max(line.there + beats, (starts[line.next] as number) + refill);
    if (line.there > at + limit) return false;
    starts[line.next] = at;
    line.next = line.next + 1 === held ? 0 : line.next + 1;
  }
  const left = tiles - single;
  if (left === 0) return true;
  // From here on every load that decides lies in this product, at one distance.
  const last = at + left * period;
  // The bus may be behind from the first of them on, or its room may come last.
  const decides = beats > period ? at + period : last;
  const room = decides - held * period + refill + (beats > period ? (left - 1) * beats : 0);
  line.there = Math.max(line.there + left * beats, room);
  for (let i = 0; i < held; i++) starts[(line.next + i) % held] = last - (held - 1 - i) * period;
  return line.there <= last + limit;
}
