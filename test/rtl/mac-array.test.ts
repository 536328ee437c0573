import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ArrayShape } from '../../src/plan/array.ts';
import { hasIcarus, hasVerilator, icarus, verilate } from '../support/verilate.ts';
import { arrayBench, describeShape, type Operands, randomJob, wrongWords } from './mac-array.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });
// Simulations run synchronously; between them the runner hears that this file is alive.
afterEach(() => setTimeout(1));

// One and several chains, with a position or a partner left empty.
const shapes: readonly ArrayShape[] = [
  { tokens: 2, inputs: 5, outputs: 3, aBits: 8, bBits: 8, style: 0, cell: 0 },
  { tokens: 3, inputs: 1, outputs: 2, aBits: 4, bBits: 2, style: 0, cell: 0 },
  { tokens: 2, inputs: 16, outputs: 2, aBits: 3, bBits: 3, style: 3, cell: 0 },
  { tokens: 1, inputs: 19, outputs: 3, aBits: 4, bBits: 4, style: 3, cell: 0 },
  { tokens: 2, inputs: 6, outputs: 1, aBits: 8, bBits: 3, style: 3, cell: 0 },
  { tokens: 1, inputs: 1, outputs: 1, aBits: 2, bBits: 2, style: 3, cell: 0 },
];

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
  for (const style of [0, 3] as const) {
    const shape = { tokens: 2, inputs: 5, outputs: 2, aBits: 3, bBits: 3, style, cell: 0 } as const;
    test(describeShape(shape), () => {
      expect(wrongWords(icarus(arrayBench(shape)), shape, randomJob(shape, 'random', 8, 9))).toBe(
        0,
      );
    });
  }
});
