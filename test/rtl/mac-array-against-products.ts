import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ArrayShape, ArrayStyle } from '../../src/plan/array.ts';
import { hasIcarus, hasVerilator, icarus, verilate } from '../support/verilate.ts';
import { arrayBench, describeShape, type Operands, randomJob, wrongWords } from './mac-array.ts';

/** Declares the tests of `vt_mac_array` in these shapes and styles, against plain multiplication. */
export function testArray(
  shapes: readonly ArrayShape[],
  styles: readonly ArrayStyle[],
  lutOutputs = 0,
): void {
  // Compiling a unit takes seconds.
  vi.setConfig({ testTimeout: 120_000 });
  // Simulations run synchronously; between them the runner hears that this file is alive.
  afterEach(() => setTimeout(1));

  describe.skipIf(!hasVerilator)('vt_mac_array against plain multiplication', () => {
    for (const shape of shapes) {
      test(describeShape(shape), () => {
        const unit = verilate(arrayBench(shape));
        const kinds: Operands[] = ['random', 'corners', 'bounds'];
        kinds.forEach((operands, seed) => {
          const job = randomJob(shape, operands, 60, seed);
          expect(job.expected.length).toBeGreaterThan(100);
          expect(wrongWords(unit, shape, job), operands).toBe(0);
        });
      });
    }
  });

  // Nothing may depend on what a register held at power-up.
  describe.skipIf(!hasIcarus)('vt_mac_array without unknown bits', () => {
    for (const style of styles) {
      const bits = { aBits: 3, bBits: 3 } as const;
      const shape = {
        tokens: 2,
        inputs: 5,
        outputs: 2,
        ...bits,
        style,
        cell: 0,
        lutOutputs,
      } as const;
      test(describeShape(shape), () => {
        const job = randomJob(shape, 'random', 8, 9);
        expect(wrongWords(icarus(arrayBench(shape)), shape, job)).toBe(0);
      });
    }
  });
}
