import type { MixedRows } from '../dsl/quant-method.ts';
import { type IntegerNode, type NarrowRows, type NumberFormat, rangeOf } from '../ir/index.ts';

/**
 * Whether the weights of an output channel are of the other kind: those of the last `outputs` of
 * every `of` channels, counted from the first of its head, as they meet the outputs of the array.
 *
 * @param heads that own equal shares of the `channels`
 */
export function isMixedRow(
  { outputs, of }: MixedRows,
  channel: number,
  channels: number,
  heads: number,
): boolean {
  return (channel % (channels / heads)) % of >= of - outputs;
}

/**
 * Magnitudes that codes of mixed rows have, in order, 0 first; those of `format` bound them.
 *
 * - fixed: `0 .. 2^(bits-1) - 1`.
 * - powerOfTwo: 0 and `2^0 .. 2^(2^(bits-1) - 2)`: a sign, and an exponent of which one value is 0
 *   (Auto-ViT-Acc, arXiv 2208.05163).
 * - sumOfTwo: sums of two of these, a sign and exponents of `ceil((bits-1)/2)` and the other bits,
 *   both with the same largest power (SP2, Chang et al., arXiv 2012.04240).
 */
export function mixedLevels({ kind, bits }: MixedRows, format: NumberFormat): readonly number[] {
  const { high } = rangeOf(format);
  return levelsOf(kind, bits).filter((level) => level <= high);
}

/** What a graph's nodes say of mixed rows: bits of the largest magnitude in any layer, and a sign. */
export function narrowRows(rows: MixedRows, nodes: readonly IntegerNode[]): NarrowRows {
  const largest = nodes.flatMap((node) =>
    node.kind === 'linear' || node.kind === 'patchEmbedding'
      ? [mixedLevels(rows, node.weightFormat).at(-1) as number]
      : [],
  );
  const bits = Math.floor(Math.log2(Math.max(...largest))) + 2;
  const powers = rows.kind === 'powerOfTwo' && { powersOfTwo: true };
  return { outputs: rows.outputs, of: rows.of, bits, ...powers };
}

function levelsOf(kind: MixedRows['kind'], bits: number): readonly number[] {
  const powers = (exponentBits: number) =>
    Array.from({ length: 2 ** exponentBits - 1 }, (_, i) => 2 ** i);
  switch (kind) {
    case 'fixed':
      return Array.from({ length: 2 ** (bits - 1) }, (_, i) => i);
    case 'powerOfTwo':
      return [0, ...powers(bits - 1)];
    case 'sumOfTwo': {
      const first = powers(Math.ceil((bits - 1) / 2));
      const second = powers(Math.floor((bits - 1) / 2));
      const top = (first.at(-1) as number) / (second.at(-1) as number);
      const sums = [0, ...first].flatMap((a) => [0, ...second].map((b) => a + b * top));
      return [...new Set(sums)].sort((a, b) => a - b);
    }
  }
}

/** The codes nearest to a row at a step, of magnitudes in `levels`; the smaller of two as near. */
export function roundToLevels(
  row: ArrayLike<number>,
  step: number,
  levels: readonly number[],
): Int32Array {
  const bounds = boundsOf(levels);
  return Int32Array.from(row, (w) => {
    const level = levels[levelAt(Math.abs(w) / step, bounds)] as number;
    return w < 0 ? -level : level;
  });
}

/** What still counts to each level but the last: halfway to the next. */
function boundsOf(levels: readonly number[]): readonly number[] {
  return levels.slice(1).map((level, i) => (level + (levels[i] as number)) / 2);
}

function levelAt(wanted: number, bounds: readonly number[]): number {
  let n = 0;
  while (n < bounds.length && wanted > (bounds[n] as number)) n++;
  return n;
}

const SHARES = 50;

/** The step of the smallest squared error, of shares of the one that reaches the row's peak; 0 for zeros. */
export function levelStep(row: ArrayLike<number>, levels: readonly number[]): number {
  let peak = 0;
  for (let i = 0; i < row.length; i++) peak = Math.max(peak, Math.abs(row[i] as number));
  const top = levels.at(-1) as number;
  let best = { step: peak / top, error: Number.POSITIVE_INFINITY };
  const errorOf = levels.every((level, n) => level === n) ? evenError : levelError;
  for (let share = SHARES; share > SHARES / 4 && peak > 0; share--) {
    const step = (peak / top) * (share / SHARES);
    const error = errorOf(row, step, levels);
    if (error < best.error) best = { step, error };
  }
  return best.step;
}

function levelError(row: ArrayLike<number>, step: number, levels: readonly number[]): number {
  const bounds = boundsOf(levels);
  let error = 0;
  for (let i = 0; i < row.length; i++) {
    const w = Math.abs(row[i] as number);
    error += (w - step * (levels[levelAt(w / step, bounds)] as number)) ** 2;
  }
  return error;
}

/** `levelError` for levels 0, 1, 2 .., ten times as fast: a search tries dozens of steps for each row. */
function evenError(row: ArrayLike<number>, step: number, { length }: readonly number[]): number {
  let error = 0;
  for (let i = 0; i < row.length; i++) {
    const w = Math.abs(row[i] as number);
    error += (w - step * Math.min(length - 1, Math.ceil(w / step - 0.5))) ** 2;
  }
  return error;
}

export function squaredError(row: ArrayLike<number>, codes: Int32Array, step: number): number {
  return codes.reduce((sum, code, i) => sum + (code * step - (row[i] as number)) ** 2, 0);
}
