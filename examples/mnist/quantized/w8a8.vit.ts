import { design, mnist, quant } from 'vitrum';
import { digits } from './model.ts';

/** Weights and activations of 8 bits, trained by Brevitas; its integers are kept. */
export default design({
  name: 'mnist_w8a8',
  model: digits,
  weights: './w8a8-qcdq.onnx',
  quant: quant.onnx(),
  calibration: mnist({ count: 256 }),
  target: { board: 'kv260', fps: 4000, clockMHz: 200 },
});
