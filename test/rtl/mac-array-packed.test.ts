import { testArray } from './mac-array-against-products.ts';

// One and several chains, full and with a position or a partner left empty.
testArray(
  [
    { tokens: 2, inputs: 8, outputs: 2, aBits: 8, bBits: 8, style: 1, cell: 0 },
    { tokens: 3, inputs: 7, outputs: 2, aBits: 6, bBits: 8, style: 1, cell: 0 },
    { tokens: 2, inputs: 7, outputs: 2, aBits: 8, bBits: 8, style: 1, cell: 1 },
    { tokens: 2, inputs: 16, outputs: 4, aBits: 4, bBits: 4, style: 2, cell: 0 },
    { tokens: 3, inputs: 11, outputs: 3, aBits: 3, bBits: 3, style: 2, cell: 0 },
    { tokens: 2, inputs: 11, outputs: 3, aBits: 4, bBits: 4, style: 2, cell: 1 },
  ],
  [1, 2],
);
