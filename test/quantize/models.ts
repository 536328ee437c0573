import type { Activation, Branch, Model } from '../../src/model/index.ts';

export interface SmallModel {
  readonly side?: number;
  readonly channels?: number;
  readonly patch?: number;
  readonly width?: number;
  readonly heads?: number;
  readonly depth?: number;
  readonly hidden?: number;
  readonly classes?: number;
  readonly pooling?: 'class' | 'mean';
  readonly activation?: Activation;
}

/** A ViT small enough for tests. */
export function smallModel(options: SmallModel = {}): Model {
  const { side = 12, channels = 1, patch = 4, width = 16, heads = 2 } = options;
  const { depth = 1, hidden = 32, classes = 5, pooling = 'class', activation = 'gelu' } = options;
  const branches = Array.from({ length: depth }, (_, i): Branch[] => [
    { kind: 'attention', name: `block${i}.attention`, heads },
    {
      kind: 'feedForward',
      name: `block${i}.mlp`,
      layers: [
        { width: hidden, activation },
        { width, activation: 'none' },
      ],
    },
  ]).flat();
  return {
    name: 'small',
    image: {
      height: side,
      width: side,
      channels,
      mean: Array<number>(channels).fill(0.5),
      std: Array<number>(channels).fill(0.25),
    },
    patch,
    width,
    pooling,
    branches,
    classes,
    epsilon: 1e-6,
  };
}

/** The MNIST model of the examples. */
export const MNIST_MODEL: Model = {
  ...smallModel({ side: 28, width: 64, heads: 4, depth: 4, hidden: 256, classes: 10 }),
  name: 'mnist',
  image: { height: 28, width: 28, channels: 1, mean: [0.1307], std: [0.3081] },
};
