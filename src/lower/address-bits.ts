import { log2Ceil } from '../plan/index.ts';

/** Bits of an address of a memory of `depth` words, at least one. */
export function addressBits(depth: number): number {
  return Math.max(1, log2Ceil(Math.max(2, depth)));
}
