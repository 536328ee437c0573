import type { Requantization } from '../ir/index.ts';
import { floorClip, roundingOf } from './rounding.ts';

/** Channels `first .. first+size-1` of `[T, C]`, as a matrix `[T, size]` of its own. */
export function headSlice(
  source: Int32Array,
  channels: number,
  first: number,
  size: number,
): Int32Array {
  const rows = source.length / channels;
  const slice = new Int32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < size; c++) slice[row * size + c] = source[row * channels + first + c]!;
  }
  return slice;
}

/** `[rows, columns]` to `[columns, rows]`. */
export function transpose(source: Int32Array, columns: number): Int32Array {
  const rows = source.length / columns;
  const result = new Int32Array(source.length);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < columns; c++) result[c * rows + row] = source[row * columns + c]!;
  }
  return result;
}

/** Accumulators to codes with the same constants for all, in place. */
export function requantizeTensor(
  values: Int32Array,
  { bias, multiplier, shift, low, high, table }: Requantization,
): void {
  const { half, inverse } = roundingOf(shift);
  for (let i = 0; i < values.length; i++) {
    const code = floorClip(((values[i]! + bias) * multiplier + half) * inverse, low, high);
    values[i] = table ? table[code - low]! : code;
  }
}
