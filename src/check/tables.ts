import { type Interval, interval } from './interval.ts';

/** Bits of the memory that holds a table of unsigned entries; at least 1. */
export function entryBits(table: Int32Array): number {
  const largest = table.reduce((a, b) => Math.max(a, b), 1);
  return largest.toString(2).length;
}

/** Whatever such a memory may hold. */
export function entryInterval(table: Int32Array): Interval {
  return interval(0, (1n << BigInt(entryBits(table))) - 1n);
}
