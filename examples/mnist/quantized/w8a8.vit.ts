import { design, mnist, quant, vit } from 'vitrum';

/** The example with weights and activations of 8 bits, trained by Brevitas; its integers are kept. */
export default design({
  name: 'mnist_w8a8',
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
  weights: './w8a8-qcdq.onnx',
  quant: quant.onnx(),
  calibration: mnist({ count: 256 }),
  target: { board: 'kv260', fps: 4000, clockMHz: 200 },
});
