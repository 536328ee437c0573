/**
 * An operand of the kernel: the rows of a matrix `[rows, k]` in panels, as product.wat describes
 * them. A word holds two neighbouring elements of the reduction as 16-bit halves.
 */
export interface Packed {
  readonly rows: number;
  readonly k: number;
  readonly panels: Int32Array;
  /** At least the largest magnitude of an element, at most twice that. */
  readonly magnitude: number;
}

/** Rows of A, and of B, in a panel. */
export const PANEL_A = 4;
export const PANEL_B = 8;

const INT16_MAGNITUDE = 2 ** 15;

/** Words of one row: an odd `k` is padded with a zero. */
export function pairsOf(k: number): number {
  return Math.ceil(k / 2);
}

/** Words of all panels of `block` rows each; the last panel is a whole one. */
export function packedWords(rows: number, k: number, block: number): number {
  return Math.ceil(rows / block) * block * pairsOf(k);
}

/**
 * Packs `source`, `[rows, k]` row-major, into `panels`. Rows that fill up the last panel are left
 * as they are: they give sums that nobody reads.
 *
 * @returns `Packed.magnitude`; beyond 2^15 the panels hold nothing of use
 */
export function packInto(
  panels: Int32Array,
  source: Int32Array,
  rows: number,
  k: number,
  block: number,
): number {
  const stride = block * pairsOf(k);
  // The magnitude of x is at most (x ^ (x >> 31)) + 1, and OR keeps the highest bit of them all.
  let bits = 0;
  for (let i = 0; i < rows; i++) {
    const lane = i % block;
    let at = ((i - lane) / block) * stride + lane;
    let from = i * k;
    for (const end = from + k - 1; from < end; from += 2, at += block) {
      const low = source[from]!;
      const high = source[from + 1]!;
      bits |= (low ^ (low >> 31)) | (high ^ (high >> 31));
      panels[at] = (low & 0xffff) | (high << 16);
    }
    if (k % 2 === 1) {
      const low = source[from]!;
      bits |= low ^ (low >> 31);
      panels[at] = low & 0xffff;
    }
  }
  return bits + 1;
}

/** Packs the rows of B, to be multiplied many times. */
export function packRight(source: Int32Array, rows: number, k: number): Packed {
  const panels = new Int32Array(packedWords(rows, k, PANEL_B));
  const magnitude = packInto(panels, source, rows, k, PANEL_B);
  return { rows, k, panels, magnitude };
}

/**
 * Whether the kernel is exact: both operands are 16-bit numbers, and `k` products of their largest
 * magnitudes stay below 2^31, so no partial sum, in whatever order, leaves an int32. The only pair
 * of products that could wrap inside the dot instruction, twice (-2^15)^2, is excluded by the same
 * bound.
 */
export function isExact(magnitudeA: number, magnitudeB: number, k: number): boolean {
  return (
    magnitudeA <= INT16_MAGNITUDE &&
    magnitudeB <= INT16_MAGNITUDE &&
    k * magnitudeA * magnitudeB < 2 ** 31
  );
}
