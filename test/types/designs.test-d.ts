/** Designs that must compile: the types must not get in the way of what is legal or not known. */
import {
  attention,
  deit,
  design,
  encoder,
  gelu,
  integerDesign,
  layerNorm,
  linear,
  mnist,
  noise,
  type Operator,
  onnx,
  quant,
  type Residual,
  random,
  relu,
  residual,
  vit,
} from 'vitrum';

const shape = { image: 28, patch: 4, classes: 10 } as const;

// Sizes of the published models; each needs a remainder to be taken in the types.
vit({ ...shape, width: 768, heads: 12, depth: 12 });
vit({ ...shape, width: 192, heads: 3, depth: 12 });
vit({ ...shape, width: 1024, heads: 16, depth: 24 });
vit({ ...shape, width: 4096, heads: 128, depth: 24 });
vit({ ...shape, width: 64, heads: 1, depth: 1, mlp: 100, pooling: 'mean', activation: 'relu' });
vit({ ...shape, channels: 1, mean: [0.1307], std: [0.3081], width: 64, heads: 64, depth: 1 });
vit({ ...shape, image: 30, patch: 30, width: 7, heads: 7, depth: 1, epsilon: 1e-5 });

vit({ ...shape, image: [28, 32], width: 64, heads: 4, depth: 1 });

deit.tiny();
deit.tiny({ image: [224, 160] });
deit.small({});
deit.base({
  image: 384,
  classes: 10,
  pooling: 'mean',
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
});

// What is no literal is left to run time.
declare const n: number;
declare const several: number[];
declare const text: string;
vit({ image: n, patch: n, width: n, depth: n, heads: n, classes: n, mlp: n, mean: several });
vit({ ...shape, width: 64, depth: 1, heads: n });
vit({ ...shape, image: [n, 28], width: 64, depth: 1, heads: 4 });
vit({ ...shape, width: n, depth: 1, heads: 5, channels: n, std: [1] });
quant.minmax({ weights: n, activations: 2, residual: n });
quant({ weights: n, activations: 2 });
quant({
  ...{ weights: 4, activations: 8, ends: 8 },
  observer: { percentile: 99.9 },
  range: 'asymmetric',
  weight: { observer: 'mse', granularity: 'head', range: 'full' },
  fold: { smooth: 0.5 },
  equalize: true,
  noise: 1,
  rounding: { stochastic: 7 },
  biasCorrection: true,
});
quant({ weights: 8, activations: 8, steps: 'tensor', fold: 'repq', noise: 1 });
quant({ weights: 8, activations: 8, steps: 'token', fold: { smooth: 0.5 }, range: 'asymmetric' });
quant({ weights: 4, activations: 8, weight: { granularity: { group: 64 } }, fold: 'awq' });
quant.preset('repq-vit', { weights: 4, activations: n, ends: 8 });
quant.preset('awq', { weights: 4, activations: 8, group: 128 });
quant({ weights: 8, activations: 8, layers: { 'embedding.norm': { activations: 6 } } });

declare const found: Record<string, { weights: number }>;
quant.minmax({ weights: n, activations: 8, layers: found });
quant({
  ...{ weights: 8, activations: 8 },
  layers: {
    head: { weights: n },
    'block0.mlp.linear0': { weights: 4, activations: 6 },
    'block11.attention.probabilities': { activations: 8 },
  },
});

const model = encoder({ ...shape, width: 192 }, [
  residual(layerNorm(), attention({ heads: 3 })),
  residual(layerNorm(), linear(768), gelu(), linear(192)),
  residual(layerNorm(), linear(100), linear(50), relu(), linear(192)),
]);

const block = (heads: number, hidden: number): Residual[] => [
  residual(layerNorm(), attention({ heads })),
  residual(layerNorm(), linear(hidden), relu(), linear(192)),
];
encoder({ ...shape, width: 192 }, [...block(3, 768), ...block(6, 100)]);
encoder({ ...shape, width: n }, Array.from({ length: 12 }, () => block(3, n)).flat());

const mlp: Operator[] = [linear(n), gelu()];
residual(layerNorm(), ...mlp, linear(192));
residual(layerNorm(), ...mlp);

const rest = {
  quant: quant.minmax({ weights: 2, activations: 8 }),
  calibration: mnist({ count: 8 }),
};
design({ name: 'a', model, weights: './a.onnx', ...rest, target: { board: 'kv260' } });
design({ name: 'a_1', model, weights: onnx(text), ...rest, target: { board: text, fps: 0.5 } });
design({
  name: text,
  model,
  weights: random({ seed: n }),
  quant: rest.quant,
  calibration: noise({ count: n, seed: n }),
  target: { board: 'kv260', fps: n, clockMHz: n, tile: { inputs: n, outputs: 3, vector: n } },
});
design({
  ...{ name: 'a', model, weights: text, ...rest },
  target: { board: 'kv260', tile: { tokens: n, inputs: 16, outputs: n } },
});
design({
  ...{ name: 'a', model, weights: text, ...rest },
  target: {
    ...{ board: 'vck190', weights: 'external', weightBus: 512 },
    ...{ multipliers: 'quad', primitives: true },
    tile: { tokens: 2, inputs: 32, outputs: 16, vector: 16 },
  },
});
integerDesign({
  ...{ name: 'a', manifest: './a.json', images: noise({ count: 1, seed: 1 }) },
  target: { board: 'zcu102', tile: { tokens: 4, inputs: 16, outputs: 16 } },
});
for (const tile of [
  { inputs: 16, outputs: 16, vector: 4 },
  { inputs: 8, outputs: 32 },
]) {
  design({ name: 'a', model, weights: text, ...rest, target: { board: 'kv260', tile } });
}
design({
  ...rest,
  ...{ name: 'a', model, weights: text },
  target: { board: 'kv260', tile: { inputs: 12, outputs: 24, vector: 3 } },
});
