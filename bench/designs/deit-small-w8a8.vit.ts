import { deit, design, noise, quant, random } from 'vitrum';

/** DeiT-small at 8 bits with seeded random weights, which lie in external memory. */
export default design({
  name: 'deit_small_w8a8',
  model: deit.small(),
  weights: random({ seed: 1 }),
  quant: quant.minmax({ weights: 8, activations: 8 }),
  calibration: noise({ count: 1, seed: 1 }),
  target: {
    board: 'zcu102',
    clockMHz: 300,
    weights: 'external',
    tile: { tokens: 2, inputs: 32, outputs: 16, vector: 16 },
  },
});
