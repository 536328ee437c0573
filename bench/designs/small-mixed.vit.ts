import { design, noise, quant, random, vit } from 'vitrum';

/**
 * A small ViT with what the search takes for DeiT-base: three quarters of its rows of 4 bits, on LUTs,
 * a bus of 512 bits, and the parameters of channels behind the weights. Seeded random weights.
 */
export default design({
  name: 'small_mixed',
  model: vit({ image: 32, patch: 4, width: 96, depth: 3, heads: 3, classes: 10 }),
  weights: random({ seed: 1 }),
  quant: quant({ weights: 8, activations: 8, rows: { fixed: 4, outputs: 12, of: 16 } }),
  calibration: noise({ count: 1, seed: 1 }),
  target: {
    board: 'zcu102',
    clockMHz: 150,
    weights: 'external',
    weightBus: 512,
    parameters: 'external',
    multipliers: 'double',
    primitives: true,
    lutOutputs: 12,
    lutOperands: 'weights',
    tile: { tokens: 2, inputs: 16, outputs: 16, vector: 4 },
  },
});
