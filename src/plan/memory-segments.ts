import { type Fit, fitPrimitive, type MemoryPrimitive } from './memory-primitives.ts';

/** The part of a bank that `vt_ram` cuts into memories of fewer words. */
export interface Segments {
  /** Words of a segment, a power of two. */
  readonly words: number;
  /** Bits of a bank that are in segments. */
  readonly bits: number;
  /** The other bits, in a memory that is as deep as the whole; null: there are none. */
  readonly rest: Fit | null;
  /** LUTs behind a bank. */
  readonly luts: number;
}

/** Segments whose OR takes a LUT a bit: six inputs, and one by the multiplexer behind the LUT. */
const MOST_SEGMENTS = 7;
/** LUTs of a segment that see whether it is written and read. */
const SELECT_LUTS = 2;
/** Rows of the bits that lie apart, of which about a LUT a bit chooses one. */
const MOST_REST_ROWS = 3;

/**
 * The cheapest way to cut a bank of `depth` words of `width` bits into segments, each in blocks that
 * are as deep as it; null where there is none. Bits that would fill the blocks of every segment badly
 * lie apart, in blocks that are deep and narrow. Its `cost` has all LUTs.
 *
 * @param primitives those of the device
 */
export function segmentedFit(
  primitives: readonly MemoryPrimitive[],
  depth: number,
  width: number,
): Fit | null {
  const blocks = primitives.filter(({ style }) => style === 'block');
  const best = (words: number, bits: number) =>
    cheapestOf(blocks.map((one) => fitPrimitive(one, words, bits, false)));
  const fits: Fit[] = [];
  const shapes = blocks.flatMap((block) => block.shapes);
  for (const words of new Set(shapes.map(([deep]) => deep))) {
    const count = Math.ceil(depth / words);
    if (count < 2 || count > MOST_SEGMENTS) continue;
    const widths = shapes.flatMap(([deep, bits]) => (deep === words ? [bits] : []));
    for (const bits of new Set([width, ...widths.map((own) => width - (width % own))])) {
      if (bits === 0) continue;
      const segment = best(words, bits);
      const rest = bits < width ? best(depth, width - bits) : null;
      if (segment.deep > 1 || (rest && rest.deep > MOST_REST_ROWS)) continue;
      const luts = bits + SELECT_LUTS * count + (rest && rest.deep > 1 ? width - bits : 0);
      const all = count * segment.count;
      const cost =
        all * segment.primitive.cost + (rest ? rest.count * rest.primitive.cost : 0) + luts;
      fits.push({
        ...segment,
        deep: count,
        count: all,
        cost,
        segments: { words, bits, rest, luts },
      });
    }
  }
  return fits.length === 0 ? null : cheapestOf(fits);
}

function cheapestOf(fits: readonly Fit[]): Fit {
  return fits.reduce((best, fit) => (fit.cost < best.cost ? fit : best));
}
