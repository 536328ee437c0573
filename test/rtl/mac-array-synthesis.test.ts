import { describe, expect, test } from 'vitest';
import { synthesizeArrayByModule } from '../../bench/support/array-synthesis.ts';
import type { ArrayShape } from '../../src/plan/array.ts';
import { arrayCost } from '../../src/plan/array-cost.ts';
import { describeShape } from './mac-array.ts';

const shapes: readonly ArrayShape[] = [
  { tokens: 2, inputs: 8, outputs: 4, aBits: 8, bBits: 8, style: 0, cell: 0 },
  { tokens: 2, inputs: 8, outputs: 4, aBits: 8, bBits: 8, style: 1, cell: 0 },
  { tokens: 2, inputs: 16, outputs: 4, aBits: 4, bBits: 4, style: 2, cell: 0 },
  { tokens: 2, inputs: 8, outputs: 4, aBits: 3, bBits: 3, style: 3, cell: 0 },
  { tokens: 3, inputs: 11, outputs: 6, aBits: 4, bBits: 5, style: 3, cell: 0 },
  { tokens: 2, inputs: 8, outputs: 4, aBits: 8, bBits: 8, style: 1, cell: 0, lutOutputs: 2 },
  // Parts for weights alone.
  { tokens: 2, inputs: 16, outputs: 4, aBits: 8, bBits: 4, style: 3, cell: 0, byRows: true },
  {
    tokens: 2,
    inputs: 16,
    outputs: 4,
    aBits: 8,
    bBits: 4,
    style: 3,
    cell: 0,
    byRows: true,
    powers: true,
  },
];

describe('the estimate of the array against Yosys', { timeout: 300_000 }, () => {
  for (const shape of shapes) {
    test(describeShape(shape), async () => {
      const expected = arrayCost(shape);
      const found = await synthesizeArrayByModule(shape);
      expect(found.dsp).toBe(expected.dsp);
      for (const cells of ['lut', 'ff'] as const) {
        expect(found[cells] / expected[cells], cells).toBeGreaterThan(0.94);
        expect(found[cells] / expected[cells], cells).toBeLessThan(1.06);
      }
    });
  }

  // With 32 elements, 16 outputs and 2 tokens, the shape the bounds are for.
  test.each([
    { bits: 3, most: 20 },
    { bits: 4, most: 32 },
  ])('$bits bits by $bits bits on LUTs take less than $most LUTs', ({ bits, most }) => {
    const { lut, lutram } = arrayCost({
      tokens: 2,
      inputs: 32,
      outputs: 16,
      aBits: bits,
      bBits: bits,
      style: 3,
      cell: 0,
    });
    expect((lut + lutram) / 1024).toBeLessThan(most);
  });
});
