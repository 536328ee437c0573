import type { GraphEdit } from './graph-edit.ts';

/** One change of one file of a build folder. */
export interface Mutation {
  readonly kind: 'operator' | 'constant' | 'program' | 'memory' | 'golden';
  /** Relative to the build folder. */
  readonly file: string;
  /** 1 for the first; the first changed line. Of a file of bytes, the number of the word. */
  readonly line: number;
  readonly change: string;
  /** The whole of the changed file. */
  readonly text: string | Uint8Array;
  /** A reason, known without a simulation, why the change can have no effect. */
  readonly idle?: string | undefined;
  /** The same change made to the golden model. */
  readonly edit?: GraphEdit | undefined;
  /**
   * The operation, by its index in the manifest, that alone has the change. The edit of the graph
   * may change others of the same node: then only this one's values say what the change does.
   */
  readonly operation?: number | undefined;
}

/** Number of the first line in which two texts differ, 1 for the first. */
export function firstChangedLine(before: string, after: string): number {
  const old = before.split('\n');
  return after.split('\n').findIndex((line, i) => line !== old[i]) + 1;
}

/** A number of `bits` bits, in two's complement where signed, with one bit flipped. */
export function flipBit(value: number, bit: number, bits: number, signed: boolean): number {
  const flipped = BigInt.asUintN(bits, BigInt(value)) ^ (1n << BigInt(bit));
  return Number(signed ? BigInt.asIntN(bits, flipped) : flipped);
}
