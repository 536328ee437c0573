import { vit } from 'vitrum';

/** The model of the MNIST example, which both designs quantize. */
export const digits = vit({
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
});
