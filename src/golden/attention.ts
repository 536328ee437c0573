import { clip, roundShift } from '../arithmetic/index.ts';
import type { Range } from '../ir/index.ts';

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

/** Accumulators to codes with one multiplier for all, in place. */
export function requantizeTensor(
  values: Int32Array,
  { multiplier, shift }: { readonly multiplier: number; readonly shift: number },
  { low, high }: Range,
): void {
  for (let i = 0; i < values.length; i++) {
    values[i] = clip(roundShift(values[i]! * multiplier, shift), low, high);
  }
}
