import { deit, design, noise, quant, random } from 'vitrum';

/**
 * DeiT-tiny for ImageNet, for `vitrum explore`: which bits, tile and memories reach a frame rate on a
 * board. The weights are seeded noise, which takes the cycles and the resources of trained ones; for
 * accuracy give a file, `weights: './deit_tiny.onnx'`, and images, `calibration: folder({ ... })`.
 */
export default design({
  name: 'deit_tiny',
  model: deit.tiny(),
  weights: random({ seed: 1 }),
  quant: quant.minmax({ weights: 8, activations: 8 }),
  calibration: noise({ count: 1, seed: 1 }),
  target: { board: 'zcu102', clockMHz: 250 },
});
