import { deit, design, noise, quant, random } from 'vitrum';

/** Stands in for deit-tiny-w3a3 where its weights are absent: the same shape, random weights. */
export default design({
  name: 'deit_tiny_w3a3_random',
  model: deit.tiny(),
  weights: random({ seed: 1 }),
  quant: quant.minmax({ weights: 3, activations: 3 }),
  calibration: noise({ count: 1, seed: 1 }),
  target: {
    board: 'vck190',
    clockMHz: 300,
    tile: { tokens: 2, inputs: 32, outputs: 16, vector: 16 },
  },
});
