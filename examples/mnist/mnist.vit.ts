import { design, mnist, quant, vit } from 'vitrum';

/** Handwritten digits; trained by train/train.py. */
export default design({
  name: 'mnist',
  model: vit({
    image: 28,
    channels: 1,
    patch: 4,
    width: 64,
    depth: 4,
    heads: 4,
    mlp: 256,
    classes: 10,
    pooling: 'class',
    activation: 'gelu',
    mean: [0.1307],
    std: [0.3081],
  }),
  weights: './mnist.onnx',
  quant: quant.minmax({ weights: 8, activations: 8, residual: 16 }),
  calibration: mnist({ count: 256 }),
  target: { board: 'kv260', fps: 4000, clockMHz: 200 },
});
