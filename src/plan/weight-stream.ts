/**
 * Weights in external memory: how they lie there, and when they arrive. `vt_weight_stream` reads
 * the same words in the same order every frame; its parameters are a `WeightStream`.
 *
 * Layout. `lineWords` words lie in `lineBeats` beats of the bus, a line: bit-dense, little-endian,
 * the first word in the lowest bits, zeros above the last. Lines follow each other without gaps,
 * and a frame ends with a whole line.
 */
export interface WeightStream {
  /** Bits of the bus. */
  readonly axiBits: 64 | 128 | 256 | 512;
  readonly wordBits: number;
  /** Words of a frame. */
  readonly words: number;
  readonly lineBeats: number;
  readonly lineWords: number;
  /** Lines that the buffer holds, a power of two. */
  readonly lines: number;
  /** Beats of a burst, a power of two. */
  readonly burst: number;
  /** Bursts under way, a power of two. */
  readonly outstanding: number;
}

/** Cycles from a request to its data that the default buffer hides. */
export const DEFAULT_LATENCY = 40;

const BURST_BYTES = 256;
const MAX_BURST_BYTES = 4096;
/** Lines of more beats than this are used only when a single word needs them. */
const MAX_LINE_BEATS = 16;
const MAX_WASTE = 1 / 32;

/**
 * The shortest line that wastes no more than 1/32 of memory and bus; where none of up to 16 beats
 * does, the one that wastes least. Every beat of a line is a bank of the buffer, every word an
 * input of a multiplexer.
 */
export function lineShape(
  wordBits: number,
  axiBits: number,
): Pick<WeightStream, 'lineBeats' | 'lineWords'> {
  if (!(Number.isInteger(wordBits) && wordBits > 0)) throw new Error(`${wordBits} bits of a word`);
  const shortest = Math.ceil(wordBits / axiBits);
  let best = { lineBeats: shortest, lineWords: Math.floor((shortest * axiBits) / wordBits) };
  const waste = ({ lineBeats, lineWords }: typeof best) =>
    1 - (lineWords * wordBits) / (lineBeats * axiBits);
  for (let beats = shortest + 1; beats <= MAX_LINE_BEATS && waste(best) > MAX_WASTE; beats++) {
    const line = { lineBeats: beats, lineWords: Math.floor((beats * axiBits) / wordBits) };
    if (waste(line) < waste(best)) best = line;
  }
  return best;
}

export interface WeightStreamOptions extends Pick<WeightStream, 'axiBits' | 'wordBits' | 'words'> {
  /** Cycles from a request to its data. */
  readonly latency?: number;
  /** At least so many lines of buffer. */
  readonly lines?: number;
  /** That of `lineShape` unless given. */
  readonly line?: Pick<WeightStream, 'lineBeats' | 'lineWords'>;
}

/**
 * Bursts of 256 bytes, and the least buffer and number of bursts with which a memory of this
 * latency keeps the bus busy in every cycle while every word is taken at once. (Frames that are
 * shorter than the bursts under way can lose some cycles.)
 */
export function weightStream(options: WeightStreamOptions): WeightStream {
  const { axiBits, wordBits, words, latency = DEFAULT_LATENCY, lines = 2 } = options;
  const { line = lineShape(wordBits, axiBits) } = options;
  const burst = (BURST_BYTES * 8) / axiBits;
  // With e the cycle of a burst's last beat, the burst that waits for it is decided in e + 1,
  // stands on AR in e + 2, and ends in e + 1 + latency + burst. By then the bursts between them and
  // itself must have come: outstanding of them, of which one, at the end of a frame, may have a
  // single beat.
  const outstanding = powerOfTwo(2 + latency / burst);
  // With t the cycle of a line's last beat, its last word is taken in t + lineWords + 1, and the
  // request that its room permits brings data in t + lineWords + 3 + latency. The bus is busy until
  // then when so many beats were requested beyond the line; of the buffer, less than a burst may
  // lie idle because it is not enough for a request, and less than a line because it does not end
  // where the burst does. One more, because the request after a burst of a single beat comes a
  // cycle late.
  const room = burst + line.lineBeats + line.lineWords + 2 + latency;
  const stream: WeightStream = {
    ...{ axiBits, wordBits, words, burst, outstanding, ...line },
    lines: powerOfTwo(Math.max(2, lines, room / line.lineBeats)),
  };
  checkWeightStream(stream);
  return stream;
}

/** Throws when `vt_weight_stream` cannot have these parameters, or would stop with them. */
export function checkWeightStream(stream: WeightStream): void {
  const { axiBits, wordBits, words, lineBeats, lineWords, lines, burst, outstanding } = stream;
  const legal =
    [64, 128, 256, 512].includes(axiBits) &&
    [wordBits, words, lineBeats, lineWords].every((n) => Number.isInteger(n) && n > 0) &&
    [lines, burst, outstanding].every((n) => n >= 2 && powerOfTwo(n) === n) &&
    lineWords * wordBits <= lineBeats * axiBits &&
    burst <= 256 &&
    (burst * axiBits) / 8 <= MAX_BURST_BYTES &&
    // A burst must find room while an incomplete line lies in the buffer.
    lines * lineBeats >= burst + lineBeats - 1;
  if (!legal) throw new Error(`no weight stream: ${JSON.stringify(stream)}`);
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast));
}

/** Beats that are read for a frame. */
export function streamBeats(
  stream: Pick<WeightStream, 'words' | 'lineBeats' | 'lineWords'>,
): number {
  return Math.ceil(stream.words / stream.lineWords) * stream.lineBeats;
}

/** Bytes of a frame's words in memory. */
export function streamBytes(words: number, wordBits: number, axiBits: number): number {
  return (streamBeats({ words, ...lineShape(wordBits, axiBits) }) * axiBits) / 8;
}

/**
 * What memory holds from the base address on.
 *
 * @param words `[words][lanes]`, lane 0 lowest, each -2^(laneBits-1) .. 2^laneBits-1
 * @param laneBits 1..24; the lanes of a word have `wordBits` together
 */
export function packWeightStream(
  stream: WeightStream,
  words: Iterable<ArrayLike<number>>,
  laneBits: number,
): Uint8Array {
  const { axiBits, wordBits, lineBeats, lineWords } = stream;
  if (!(laneBits >= 1 && laneBits <= 24)) throw new Error(`lanes of ${laneBits} bits`);
  const lineBytes = (lineBeats * axiBits) / 8;
  const bytes = new Uint8Array((streamBeats(stream) * axiBits) / 8);
  const mask = 2 ** laneBits - 1;
  let count = 0;
  let at = 0;
  // Bits that are not yet a whole byte.
  let bits = 0;
  let held = 0;
  for (const lanes of words) {
    if (lanes.length * laneBits !== wordBits) {
      throw new Error(
        `word ${count} has ${lanes.length} lanes of ${laneBits}, not ${wordBits} bits`,
      );
    }
    if (count % lineWords === 0) {
      at = (count / lineWords) * lineBytes;
      bits = held = 0;
    }
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[i] as number;
      // Arithmetically shifted, a negative lane leaves -1.
      if (lane > mask || lane >> (laneBits - 1) < -1)
        throw new Error(`lane ${lane} of word ${count}`);
      bits |= (lane & mask) << held;
      for (held += laneBits; held >= 8; held -= 8) {
        bytes[at++] = bits;
        bits >>>= 8;
      }
    }
    // The next word goes on in this byte.
    if (held > 0) bytes[at] = bits;
    count++;
  }
  if (count !== stream.words) throw new Error(`${count} words instead of ${stream.words}`);
  return bytes;
}
