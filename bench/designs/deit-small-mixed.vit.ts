import { deit, design, noise, quant, random } from 'vitrum';

/**
 * DeiT-small with weights of 8 bits in half of the rows, on DSPs, and of 4 bits in the others,
 * on LUTs. Seeded random weights, which lie in external memory.
 */
export default design({
  name: 'deit_small_mixed',
  model: deit.small(),
  weights: random({ seed: 1 }),
  quant: quant({ weights: 8, activations: 8, rows: { fixed: 4, outputs: 16, of: 32 } }),
  calibration: noise({ count: 1, seed: 1 }),
  target: {
    board: 'zcu102',
    clockMHz: 150,
    weights: 'external',
    weightBus: 256,
    multipliers: 'double',
    primitives: true,
    lutOutputs: 16,
    lutOperands: 'weights',
    tile: { tokens: 2, inputs: 96, outputs: 32, vector: 16 },
  },
});
