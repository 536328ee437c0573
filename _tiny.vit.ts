import { design, noise, quant, random, vit } from 'vitrum';

/** The smallest design that still has every kind of layer: its output can be read in one sitting. */
export default design({
  name: 'tinytoken',
  model: vit({
    image: 8,
    channels: 1,
    patch: 4,
    width: 8,
    depth: 1,
    heads: 2,
    mlp: 16,
    classes: 3,
  }),
  weights: random({ seed: 1 }),
  quant: quant({ weights: 8, activations: 8, steps: 'token' }),
  calibration: noise({ count: 4, seed: 1 }),
  target: { board: 'ulx3s-85f', tile: { inputs: 2, outputs: 2, vector: 2 } },
});
