import { deit, design, noise, quant, random } from 'vitrum';

/**
 * DeiT-base with weights of 8 bits in a quarter of the rows, on DSPs, and of 4 bits in the others,
 * on LUTs: what the search finds with such rows. Seeded random weights, which lie in external memory.
 */
export default design({
  name: 'deit_base_mixed',
  model: deit.base(),
  weights: random({ seed: 1 }),
  quant: quant({ weights: 8, activations: 8, rows: { fixed: 4, outputs: 48, of: 64 } }),
  calibration: noise({ count: 1, seed: 1 }),
  target: {
    board: 'zcu102',
    clockMHz: 150,
    weights: 'external',
    weightBus: 512,
    multipliers: 'double',
    primitives: true,
    lutOutputs: 48,
    lutOperands: 'weights',
    tile: { tokens: 2, inputs: 64, outputs: 64, vector: 16 },
  },
});
