import {
  checkWeightStream,
  DEFAULT_LATENCY,
  streamBeats,
  type WeightStream,
} from './weight-stream.ts';

/** The words of a stream as they come out of `vt_weight_stream`, frame after frame. */
export interface WeightArrival {
  /** Words taken so far. */
  readonly taken: number;
  /** The cycle from which on the next word stands at the output. */
  standing(): number;
  /**
   * Takes the next words: one in every cycle from `earliest` on in which one stands.
   *
   * @param count at least 1
   * @param earliest first cycle in which `word_take_i` is high
   * @returns the cycle in which the last of them is taken
   */
  take(count: number, earliest: number): number;
}

export interface WeightMemory {
  /** Cycles from the handshake on AR to the first beat, at least 1. */
  readonly latency?: number;
  /** The cycle in which the stream sees `enable_i` for the first time; -Infinity: long ago. */
  readonly start?: number;
}

/**
 * The exact timing of `vt_weight_stream` with a memory that accepts every request at once, answers
 * after a fixed time, and gives a beat in every cycle that it can. Work is per burst and per line,
 * nothing is done for a beat.
 *
 * Facts used, from the RTL (templates/rtl/vt_axi_read.v, vt_line_fifo.v):
 * - a request is decided in cycle `d`, two cycles after `start` or the one before it at the
 *   earliest, and is on AR in `d + 1`;
 * - it needs room for a whole burst, also when it is a shorter one; a line whose last word is taken
 *   in cycle `t` gives room from `t + 1` on;
 * - a burst that ends in cycle `e` is no longer outstanding in `e + 1`;
 * - the first word of a line stands two cycles after the line's last beat.
 */
export function weightArrival(stream: WeightStream, memory: WeightMemory = {}): WeightArrival {
  checkWeightStream(stream);
  const { words, lineBeats, lineWords, lines, burst, outstanding } = stream;
  const { latency = DEFAULT_LATENCY, start = Number.NEGATIVE_INFINITY } = memory;
  const frameBeats = streamBeats(stream);
  const room = lines * lineBeats;

  /** Cycles in which the last lines were taken, and in which the last bursts ended. */
  const lineTaken = new Float64Array(lines);
  const burstEnd = new Float64Array(outstanding).fill(Number.NEGATIVE_INFINITY);
  let bursts = 0;
  /** Beats requested: in all, and of the frame. */
  let beats = 0;
  let frameBeat = 0;
  let decided = start;
  let ended = Number.NEGATIVE_INFINITY;
  const request = () => {
    const length = Math.min(burst, frameBeats - frameBeat);
    const slot = bursts % outstanding;
    decided = Math.max(decided + 2, (burstEnd[slot] as number) + 1);
    const linesNeeded = Math.ceil((beats + burst - room) / lineBeats);
    if (linesNeeded > 0) {
      decided = Math.max(decided, (lineTaken[(linesNeeded - 1) % lines] as number) + 1);
    }
    ended = Math.max(decided + 1 + latency, ended + 1) + length - 1;
    burstEnd[slot] = ended;
    bursts++;
    beats += length;
    frameBeat = (frameBeat + length) % frameBeats;
  };

  let taken = 0;
  let lastTake = Number.NEGATIVE_INFINITY;
  /** The line at the output: its number, since when it stands, its words, those taken. */
  let line = -1;
  let stands = Number.NEGATIVE_INFINITY;
  let inLine = 0;
  let slot = 0;
  let frameWord = 0;
  const nextLine = () => {
    line++;
    const beatsNeeded = (line + 1) * lineBeats;
    while (beats < beatsNeeded) request();
    // The line ends within the burst that was requested last: nothing is requested before it is
    // needed.
    stands = ended - (beats - beatsNeeded) + 2;
    inLine = Math.min(lineWords, words - frameWord);
    slot = 0;
  };
  const standing = () => {
    if (slot === inLine) nextLine();
    return Math.max(stands, lastTake + 1);
  };
  return {
    get taken() {
      return taken;
    },
    standing,
    take(count, earliest) {
      for (let left = count; left > 0; ) {
        const first = Math.max(earliest, standing());
        const run = Math.min(left, inLine - slot);
        lastTake = first + run - 1;
        slot += run;
        frameWord = (frameWord + run) % words;
        taken += run;
        left -= run;
        if (slot === inLine) lineTaken[line % lines] = lastTake;
      }
      return lastTake;
    },
  };
}
