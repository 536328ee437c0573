import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ArrayShape } from '../../src/plan/array.ts';
import { hasVerilator, verilate } from '../support/verilate.ts';
import {
  arrayBench,
  bounds,
  describeShape,
  type Job,
  sweepJob,
  type Tile,
  wrongWords,
} from './mac-array.ts';

vi.setConfig({ testTimeout: 300_000 });
afterEach(() => setTimeout(1));

/** All numbers of a format. */
function all(bits: number, signed: boolean): number[] {
  const [low] = bounds(bits, signed);
  return Array.from({ length: 2 ** bits }, (_, n) => low + n);
}

const pairs = (xs: readonly number[]) => xs.flatMap((x) => xs.map((y) => [x, y] as const));

function expectAll(shape: ArrayShape, job: Job, words: number) {
  expect(job.expected.length).toBeGreaterThanOrEqual(words);
  expect(wrongWords(verilate(arrayBench(shape)), shape, job)).toBe(0);
}

describe.skipIf(!hasVerilator)('every combination of operands in a lane', () => {
  // Two tokens and one weight: all of each lane, while the other one is at either bound.
  const eight = { tokens: 2, inputs: 1, outputs: 1, aBits: 8, bBits: 8, style: 1 } as const;
  test(`two products: ${describeShape({ ...eight, cell: 0 })}`, () => {
    const shape: ArrayShape = { ...eight, cell: 0 };
    const tiles = all(8, true).map((w): Tile => [[w]]);
    const words = (signed: boolean) =>
      all(8, signed).flatMap((a) =>
        bounds(8, signed).flatMap((b) => [
          [a, b],
          [b, a],
        ]),
      );
    expectAll(shape, sweepJob(shape, tiles, words), 2 * 256 * 1024);
  });

  const four = { tokens: 2, inputs: 1, outputs: 2, aBits: 4, bBits: 4, style: 2 } as const;
  for (const cell of [0, 1] as const) {
    const shape: ArrayShape = { ...four, cell };
    test(`four products: ${describeShape(shape)}`, () => {
      const tiles = pairs(all(4, true)).map(([w0, w1]): Tile => [[w0], [w1]]);
      expectAll(
        shape,
        sweepJob(shape, tiles, (signed) => pairs(all(4, signed))),
        2 * 65536,
      );
    });
  }

  for (const bits of [2, 3, 4]) {
    const shape: ArrayShape = {
      tokens: 1,
      inputs: 2,
      outputs: 1,
      aBits: bits,
      bBits: bits,
      style: 3,
      cell: 0,
    };
    test(`a pair of elements: ${describeShape(shape)}`, () => {
      const tiles = pairs(all(bits, true)).map((weights): Tile => [weights]);
      const job = sweepJob(shape, tiles, (signed) => pairs(all(bits, signed)));
      expectAll(shape, job, 2 * 2 ** (4 * bits));
    });
  }
});
