/**
 * Designs that must not compile. Each mistake stands below a `@ts-expect-error` whose text is what
 * the compiler must say about it; types.test.ts compares them.
 */
import {
  attention,
  deit,
  design,
  encoder,
  folder,
  gelu,
  integerDesign,
  layerNorm,
  linear,
  mnist,
  noise,
  quant,
  random,
  relu,
  residual,
  vit,
} from 'vitrum';

// The shape of a ViT.
const good = {
  image: 28,
  channels: 1,
  patch: 4,
  width: 64,
  depth: 4,
  heads: 4,
  classes: 10,
} as const;

// @ts-expect-error "5 heads do not divide the width 64"
vit({ ...{ image: 28, patch: 4, width: 64, depth: 4, classes: 10 }, heads: 5 });
vit({
  ...{ image: 28, patch: 4, depth: 4, classes: 10 },
  width: 768,
  // @ts-expect-error "7 heads do not divide the width 768"
  heads: 7,
});
vit({
  ...{ image: 28, patch: 4, depth: 4, classes: 10 },
  width: 1024,
  // @ts-expect-error "12 heads do not divide the width 1024"
  heads: 12,
});
vit({
  image: 28,
  // @ts-expect-error "patch 5 does not divide the image side 28"
  patch: 5,
  ...{ width: 64, depth: 4, heads: 4, classes: 10 },
});
vit({
  ...{ image: 28, patch: 4, width: 64, heads: 4, classes: 10 },
  // @ts-expect-error "0 blocks; at least 1 is needed"
  depth: 0,
});
vit({
  ...{ image: 28, patch: 4, width: 64, heads: 4, depth: 1 },
  // @ts-expect-error "classes is -10; a whole number of at least 1 is needed"
  classes: -10,
});
vit({
  ...{ image: 28, patch: 4, width: 64, heads: 4, depth: 1, classes: 10 },
  // @ts-expect-error "mlp is 100.5; a whole number of at least 1 is needed"
  mlp: 100.5,
});
vit({
  ...{ image: 28, patch: 4, width: 64, heads: 4, depth: 1, classes: 10 },
  // @ts-expect-error '"max"' is not assignable to type '"
  pooling: 'max',
});
vit({
  ...{ image: 28, patch: 4, width: 64, heads: 4, depth: 1, classes: 10 },
  // @ts-expect-error '"swish"' is not assignable to type '"
  activation: 'swish',
});
vit({
  ...{ image: 28, patch: 4, width: 64, heads: 4, depth: 1, classes: 10 },
  channels: 1,
  // @ts-expect-error "mean has 3 values for 1 channels"
  mean: [0.5, 0.5, 0.5],
  std: [1],
});
vit({
  ...{ image: 28, patch: 4, width: 64, heads: 4, depth: 1, classes: 10 },
  // @ts-expect-error "std has 2 values for 3 channels"
  std: [0.5, 0.5],
});
vit({
  ...{ image: 28, patch: 4, width: 64, heads: 4, depth: 1, classes: 10 },
  // @ts-expect-error 'dropout' does not exist in type
  dropout: 0.1,
});
// @ts-expect-error Property 'width' is missing
vit({ image: 28, patch: 4, heads: 4, depth: 1, classes: 10 });

vit({
  image: [28, 30],
  // @ts-expect-error "patch 4 does not divide the image side 30"
  patch: 4,
  ...{ width: 64, depth: 4, heads: 4, classes: 10 },
});
vit({
  // @ts-expect-error "image is 0; a whole number of at least 1 is needed"
  image: [28, 0],
  ...{ patch: 4, width: 64, depth: 4, heads: 4, classes: 10 },
});

// @ts-expect-error "patch 16 does not divide the image side 220"
deit.tiny({ image: 220, patch: 16 });
// @ts-expect-error 'heads' does not exist in type
deit.small({ heads: 3 });
// @ts-expect-error Property 'large' does not exist
deit.large();

// Bits.
// @ts-expect-error "17 bits of weights; 2 to 8 are legal"
quant.minmax({ weights: 17, activations: 8 });
// @ts-expect-error "1 bits of activations; 2 to 8 are legal"
quant.minmax({ weights: 8, activations: 1 });
// @ts-expect-error "4 bits of residual; 8 to 16 are legal"
quant.minmax({ weights: 8, activations: 8, residual: 4 });
// @ts-expect-error 'observer' does not exist in type
quant.minmax({ weights: 8, activations: 8, observer: 'percentile' });

// Methods: a slot holds one choice.
// @ts-expect-error Type 'string[]' is not assignable to type
quant({ weights: 8, activations: 8, observer: ['mse', 'kl'] });
// @ts-expect-error is not assignable to type
quant({ weights: 8, activations: 8, observer: { percentile: 99.9, movingAverage: 0.9 } });
quant({
  weights: 8,
  activations: 8,
  // biome-ignore lint/suspicious/noDuplicateObjectKeys: this is the mistake
  observer: 'mse',
  // @ts-expect-error An object literal cannot have multiple properties with the same name
  observer: 'kl',
});
quant({
  weights: 8,
  activations: 8,
  // biome-ignore lint/suspicious/noDuplicateObjectKeys: this is the mistake
  fold: { smooth: 0.5 },
  // @ts-expect-error An object literal cannot have multiple properties with the same name
  fold: 'repq',
});
// @ts-expect-error '"gptq, comq"' is not assignable to type
quant({ weights: 8, activations: 8, rounding: 'gptq, comq' });
// @ts-expect-error '"kl"' is not assignable to type
quant({ weights: 8, activations: 8, weight: { observer: 'kl' } });
// @ts-expect-error '"group"' is not assignable to type
quant({ weights: 4, activations: 8, weight: { granularity: 'group' } });
// @ts-expect-error 'head' does not exist in type
quant({ weights: 4, activations: 8, weight: { granularity: { group: 32, head: true } } });
// @ts-expect-error 'string' is not assignable to type 'number'
quant({ weights: 4, activations: 8, weight: { granularity: { group: '32' } } });
// @ts-expect-error '"row"' is not assignable to type
quant({ weights: 4, activations: 8, steps: 'row' });
// @ts-expect-error '"repq"' is not assignable to type
quant({ weights: 4, activations: 8, steps: 'token', fold: 'repq' });
// @ts-expect-error 'number' is not assignable to type 'undefined'
quant({ weights: 4, activations: 8, steps: 'token', noise: 1 });
// @ts-expect-error "9 bits of ends; 2 to 8 are legal"
quant({ weights: 4, activations: 8, ends: 9 });
// @ts-expect-error '"smooth-quant"' is not assignable to parameter of type
quant.preset('smooth-quant', { weights: 8, activations: 8 });
// @ts-expect-error 'observer' does not exist in type
quant.preset('smoothquant', { weights: 8, activations: 8, observer: 'mse' });

// @ts-expect-error 'number' is not assignable to type 'undefined'
quant.preset('smoothquant-o1', { weights: 8, activations: 8, group: 32 });

// Bits of single layers.
// @ts-expect-error Fault<"9 bits of weights; 2 to 8 are legal">
quant({ weights: 8, activations: 8, layers: { 'block0.mlp.linear0': { weights: 9 } } });
// @ts-expect-error Fault<"1 bits of activations; 2 to 8 are legal">
quant.minmax({ weights: 8, activations: 8, layers: { norm: { activations: 1 } } });
// @ts-expect-error Fault<"there is no layer block0.mlp.fc1">
quant({ weights: 8, activations: 8, layers: { 'block0.mlp.fc1': { weights: 4 } } });
// @ts-expect-error Fault<"block0.mlp.norm has no weights">
quant({ weights: 8, activations: 8, layers: { 'block0.mlp.norm': { weights: 4 } } });
// @ts-expect-error Fault<"head writes no activations">
quant.preset('mse', { weights: 8, activations: 8, layers: { head: { activations: 4 } } });
// @ts-expect-error 'weight' does not exist in type
quant({ weights: 8, activations: 8, layers: { head: { weight: 4 } } });
// @ts-expect-error 'layers' does not exist in type
quant.onnx({ layers: { head: { weights: 4 } } });

// @ts-expect-error "count is 0; a whole number of at least 1 is needed"
folder({ path: './images', count: 0 });

// Blocks composed by hand.
// @ts-expect-error "gelu() stands twice in a row"
residual(layerNorm(), linear(768), gelu(), gelu(), linear(192));
// @ts-expect-error "relu() stands right after gelu(); one activation follows a linear()"
residual(layerNorm(), linear(768), gelu(), relu(), linear(192));
// @ts-expect-error "gelu() stands before any linear()"
residual(layerNorm(), gelu(), linear(192));
// @ts-expect-error "a branch ends with a linear(), not with gelu()"
residual(layerNorm(), linear(192), gelu());
// @ts-expect-error "attention() and linear() do not stand in one branch; give each its own residual()"
residual(layerNorm(), attention({ heads: 3 }), linear(192));
// @ts-expect-error "attention() and linear() do not stand in one branch; give each its own residual()"
residual(layerNorm(), linear(192), attention({ heads: 3 }));
// @ts-expect-error "attention() stands twice in one branch; give each its own residual()"
residual(layerNorm(), attention({ heads: 3 }), attention({ heads: 3 }));
// @ts-expect-error 'Attention<3>' is not assignable to parameter of type 'LayerNorm'
residual(attention({ heads: 3 }));
// @ts-expect-error 'LayerNorm' is not assignable to parameter of type
residual(layerNorm(), layerNorm(), attention({ heads: 3 }));
// @ts-expect-error "heads is 0; a whole number of at least 1 is needed"
attention({ heads: 0 });

const shape = { image: 224, patch: 16, width: 192, classes: 1000 } as const;
encoder(shape, [
  residual(layerNorm(), attention({ heads: 3 })),
  // @ts-expect-error "the branch ends in 190 channels, but the width is 192"
  residual(layerNorm(), linear(768), gelu(), linear(190)),
]);
encoder(shape, [
  // @ts-expect-error "5 heads do not divide the width 192"
  residual(layerNorm(), attention({ heads: 5 })),
]);
// @ts-expect-error "0 blocks; at least 1 is needed"
encoder(shape, []);
// @ts-expect-error is not assignable to type 'Residual'
encoder(shape, [attention({ heads: 3 })]);

// The design around the model.
const rest = {
  model: vit(good),
  weights: random({ seed: 1 }),
  quant: quant.minmax({ weights: 8, activations: 8 }),
  calibration: mnist({ count: 16 }),
};
const target = { board: 'kv260' };

// @ts-expect-error "the name my-net has characters other than a-z, 0-9 and _"
design({ ...rest, target, name: 'my-net' });
// @ts-expect-error "the name 3d does not begin with a letter a-z"
design({ ...rest, target, name: '3d' });
design({
  ...rest,
  name: 'mnist',
  // @ts-expect-error "a tile of 12 inputs and 16 outputs: one must divide the other"
  target: { board: 'kv260', tile: { inputs: 12, outputs: 16 } },
});
design({
  ...rest,
  name: 'mnist',
  // @ts-expect-error "a vector of 3 lanes does not divide the tile 16x8"
  target: { board: 'kv260', tile: { inputs: 16, outputs: 8, vector: 3 } },
});
design({
  ...rest,
  name: 'mnist',
  // @ts-expect-error "4 tokens side by side do not divide the tile 18x6"
  target: { board: 'kv260', tile: { tokens: 4, inputs: 18, outputs: 6 } },
});
design({
  ...rest,
  name: 'mnist',
  // @ts-expect-error "tokens is 1.5; a whole number of at least 1 is needed"
  target: { board: 'kv260', tile: { tokens: 1.5, inputs: 16, outputs: 8 } },
});
integerDesign({
  name: 'mnist',
  manifest: './a.json',
  images: noise({ count: 1, seed: 1 }),
  // @ts-expect-error "8 tokens side by side do not divide the tile 32x4"
  target: { board: 'kv260', tile: { tokens: 8, inputs: 32, outputs: 4 } },
});
design({
  ...rest,
  name: 'mnist',
  // @ts-expect-error '1024' is not assignable to type '
  target: { board: 'kv260', weights: 'external', weightBus: 1024 },
});
// @ts-expect-error '"offChip"' is not assignable to type '
design({ ...rest, name: 'mnist', target: { board: 'kv260', weights: 'offChip' } });
// @ts-expect-error '"triple"' is not assignable to type '
design({ ...rest, name: 'mnist', target: { board: 'kv260', multipliers: 'triple' } });
// @ts-expect-error "fps is 0; a number above 0 is needed"
design({ ...rest, name: 'mnist', target: { board: 'kv260', fps: 0 } });
// @ts-expect-error Property 'weights' is missing
design({
  ...{ model: rest.model, quant: rest.quant, calibration: rest.calibration },
  target,
  name: 'm',
});
// @ts-expect-error '"images"' is not assignable to type '"model"'
design({ ...rest, target, name: 'mnist', model: noise({ count: 1, seed: 1 }) });
