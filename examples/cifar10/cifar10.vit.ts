import { design, folder, quant, vit } from 'vitrum';

/**
 * CIFAR-10; trained by train/train.py. The images are not in the repository, since their licence is
 * not stated: README.md says what to fetch.
 */
export default design({
  name: 'cifar10',
  model: vit({
    image: 32,
    channels: 3,
    patch: 4,
    width: 128,
    depth: 6,
    heads: 4,
    mlp: 512,
    classes: 10,
    pooling: 'class',
    activation: 'gelu',
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.247, 0.2435, 0.2616],
  }),
  weights: './cifar10.onnx',
  quant: quant.minmax({ weights: 8, activations: 8, residual: 16 }),
  calibration: folder({ path: './images/calibration.npz', count: 256 }),
  target: { board: 'kv260', clockMHz: 200 },
});
