import { testArray } from './mac-array-against-products.ts';

// One and several chains, with a position or a partner left empty.
testArray(
  [
    { tokens: 2, inputs: 5, outputs: 3, aBits: 8, bBits: 8, style: 0, cell: 0 },
    { tokens: 3, inputs: 1, outputs: 2, aBits: 4, bBits: 2, style: 0, cell: 0 },
    { tokens: 2, inputs: 16, outputs: 2, aBits: 3, bBits: 3, style: 3, cell: 0 },
    { tokens: 1, inputs: 19, outputs: 3, aBits: 4, bBits: 4, style: 3, cell: 0 },
    { tokens: 2, inputs: 6, outputs: 1, aBits: 8, bBits: 3, style: 3, cell: 0 },
    { tokens: 1, inputs: 1, outputs: 1, aBits: 2, bBits: 2, style: 3, cell: 0 },
  ],
  [0, 3],
);
