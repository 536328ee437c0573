import { type NumberFormat, rangeOf } from '../ir/index.ts';
import { clip } from './round-shift.ts';

/** The value, held to the codes of a format. */
export function saturate(value: number, format: NumberFormat): number {
  const { low, high } = rangeOf(format);
  return clip(value, low, high);
}
