import type { ArrayShape } from '../../src/plan/array.ts';
import { testArray } from './mac-array-against-products.ts';

// Some outputs on DSPs and some on LUTs: either part the quicker one, one output on either side.
testArray(
  [
    { tokens: 2, inputs: 8, outputs: 4, aBits: 8, bBits: 8, style: 1, cell: 0, lutOutputs: 1 },
    { tokens: 1, inputs: 6, outputs: 4, aBits: 4, bBits: 4, style: 2, cell: 1, lutOutputs: 3 },
    { tokens: 2, inputs: 5, outputs: 5, aBits: 3, bBits: 3, style: 0, cell: 0, lutOutputs: 2 },
    { tokens: 2, inputs: 16, outputs: 4, aBits: 2, bBits: 2, style: 2, cell: 0, lutOutputs: 2 },
    // Outputs on LUTs for weights alone, of fewer bits and of as many.
    ...[
      { tokens: 2, inputs: 6, outputs: 4, aBits: 8, bBits: 8, style: 1, lutOutputs: 2, lutBits: 4 },
      { tokens: 1, inputs: 4, outputs: 6, aBits: 8, bBits: 8, style: 0, lutOutputs: 4, lutBits: 3 },
      { tokens: 2, inputs: 8, outputs: 8, aBits: 4, bBits: 4, style: 2, lutOutputs: 6, lutBits: 4 },
      {
        tokens: 2,
        inputs: 6,
        outputs: 4,
        aBits: 8,
        bBits: 8,
        style: 1,
        lutOutputs: 2,
        lutBits: 4,
        lutPowers: true,
      },
      {
        tokens: 1,
        inputs: 20,
        outputs: 6,
        aBits: 5,
        bBits: 8,
        style: 0,
        lutOutputs: 4,
        lutBits: 4,
        lutPowers: true,
      },
      {
        tokens: 1,
        inputs: 3,
        outputs: 2,
        aBits: 8,
        bBits: 4,
        style: 0,
        lutOutputs: 1,
        lutBits: 3,
        lutPowers: true,
      },
    ].map((shape) => ({ cell: 0, ...shape }) as ArrayShape),
  ],
  [0, 1, 2],
  1,
);
