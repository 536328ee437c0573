import { DEFAULT_LATENCY, type WeightStream } from '../../plan/index.ts';

/** Starts of loads that are remembered. */
const REMEMBERED = 64;

/**
 * Whether streamed weights are always there when they are wanted, by a bound that errs on the safe
 * side only: it may be false for a stream that is in time, and never true for one that is late.
 *
 * The bus brings a beat a cycle as long as there is room, `LATENCY` cycles after it was asked to.
 * So the beats of a tile are there at `v[j] = max(v[j-1] + beats, start[j-c] + load + LATENCY)`,
 * where `c` tiles fit into the buffer beside a burst, a line that is incomplete, and another that
 * is being taken.
 */
export interface ArrivalBound {
  /** A product's loads begin at `first`, `second`, and then every `period` cycles. */
  product(tiles: number, first: number, second: number, period: number): void;
  /** A frame's last line and burst may be shorter than the others. */
  frameEnds(): void;
  /** What further arrivals depend on, as cycles after `now`. */
  state(now: number): readonly number[];
  /** Moves everything that is remembered to later cycles. */
  advance(cycles: number): void;
  readonly late: boolean;
}

/**
 * @param outputs rows of a tile, a word each
 * @param start cycle in which the stream is enabled
 */
export function arrivalBound(stream: WeightStream, outputs: number, start: number): ArrivalBound {
  const { lineBeats, lineWords, lines, burst, outstanding } = stream;
  const beats = (outputs / lineWords) * lineBeats;
  // Two cycles to decide and to ask, two to stand at the output, rounding up to lines.
  const latency = DEFAULT_LATENCY + 8 + 2 * burst + 2 * lineBeats + lineWords;
  const room = lines * lineBeats - burst - 3 * lineBeats;
  const held = Math.min(REMEMBERED, Math.floor(room / (beats + lineBeats)));
  // With too few bursts under way the bus pauses for the latency.
  const keepsBusy = outstanding * burst >= DEFAULT_LATENCY + 2 * burst;
  let late = held < 1 || !keepsBusy;
  let there = start + latency;
  /** Starts of the last `held` loads, the oldest first. */
  let starts: number[] = Array.from({ length: Math.max(1, held) }, () => Number.NEGATIVE_INFINITY);
  const load = (at: number) => {
    const oldest = starts.shift() ?? Number.NEGATIVE_INFINITY;
    starts.push(at);
    there = Math.max(there + beats, oldest + outputs + 1 + latency);
    if (there > at + 1) late = true;
  };
  return {
    product(tiles, first, second, period) {
      if (late) return;
      const startOf = (tile: number) => (tile === 0 ? first : second + (tile - 1) * period);
      const single = Math.min(tiles, 2 * held + 2);
      for (let i = 0; i < single; i++) load(startOf(i));
      if (tiles === single) return;
      // From here on every load that decides lies in this product, at one distance.
      const last = tiles - 1;
      const fromRoom = (tile: number) => startOf(tile - held) + outputs + 1 + latency;
      const slower = beats > period ? fromRoom(single) + (last - single) * beats : fromRoom(last);
      there = Math.max(there + (tiles - single) * beats, slower);
      if (there > startOf(last) + 1 || fromRoom(last) > startOf(last) + 1) late = true;
      starts = starts.map((_, i) => startOf(tiles - held + i));
    },
    frameEnds() {
      there += 2 * burst + lineBeats;
    },
    state: (now) => [Math.max(there - now, -1e6), ...starts.map((s) => Math.max(s - now, -1e6))],
    advance(cycles) {
      there += cycles;
      starts = starts.map((s) => s + cycles);
    },
    get late() {
      return late;
    },
  };
}
