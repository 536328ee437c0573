import { design, mnist, quant } from 'vitrum';
import { digits } from './model.ts';

/** Weights and activations of 4 bits, trained by Brevitas; its integers are kept. */
export default design({
  name: 'mnist_w4a4',
  model: digits,
  weights: './w4a4-qcdq.onnx',
  quant: quant.onnx(),
  calibration: mnist({ count: 256 }),
  target: { board: 'kv260', fps: 4000, clockMHz: 200 },
});
