import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadDesign } from '../../src/dsl/load.ts';
import {
  attention,
  deit,
  design,
  encoder,
  gelu,
  layerNorm,
  linear,
  type ModelDraft,
  mnist,
  quant,
  random,
  relu,
  residual,
  vit,
} from '../../src/index.ts';
import { type Model, parameterShapes, tokenCount } from '../../src/model/index.ts';

const modelOf = (model: ModelDraft): Model =>
  design({
    name: 'test',
    model,
    weights: random({ seed: 1 }),
    quant: quant.minmax({ weights: 8, activations: 8 }),
    calibration: mnist({ count: 1 }),
    target: { board: 'kv260' },
  }).model;

const parameterCount = (model: Model) =>
  [...parameterShapes(model).values()].reduce((sum, s) => sum + s.reduce((a, b) => a * b, 1), 0);

describe('the published models', () => {
  // Parameters as timm counts them for deit_{tiny,small,base}_patch16_224.
  test.each([
    ['tiny', 192, 3, 5717416],
    ['small', 384, 6, 22050664],
    ['base', 768, 12, 86567656],
  ] as const)('deit.%s', (size, width, heads, parameters) => {
    const model = modelOf(deit[size]());
    expect(model).toMatchObject({
      width,
      patch: 16,
      classes: 1000,
      pooling: 'class',
      epsilon: 1e-6,
    });
    expect(model.image).toEqual({
      ...{ height: 224, width: 224, channels: 3 },
      ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    });
    expect(tokenCount(model)).toBe(197);
    expect(model.branches).toHaveLength(24);
    expect(model.branches[22]).toMatchObject({
      kind: 'attention',
      name: 'block11.attention',
      heads,
    });
    expect(model.branches[23]).toMatchObject({
      name: 'block11.mlp',
      layers: [
        { width: 4 * width, activation: 'gelu' },
        { width, activation: 'none' },
      ],
    });
    expect(parameterCount(model)).toBe(parameters);
  });

  test('with other images and classes', () => {
    const model = modelOf(
      deit.tiny({ image: 32, patch: 4, classes: 10, mean: undefined, pooling: 'mean' }),
    );
    expect(model).toMatchObject({
      classes: 10,
      image: { height: 32, mean: [0.485, 0.456, 0.406] },
    });
    expect(tokenCount(model)).toBe(64);
  });
});

test('an image need not be square', () => {
  const model = modelOf(
    vit({ image: [12, 20], patch: 4, width: 8, depth: 1, heads: 2, classes: 3 }),
  );
  expect(model.image).toMatchObject({ height: 12, width: 20 });
  expect(tokenCount(model)).toBe(16);
  expect(modelOf(deit.tiny({ image: [32, 16] })).image).toMatchObject({ height: 32, width: 16 });
});

test('vit has the documented defaults', () => {
  const model = modelOf(vit({ image: 8, patch: 4, width: 8, depth: 1, heads: 2, classes: 3 }));
  expect(model).toMatchObject({ name: 'test', pooling: 'class', epsilon: 1e-6 });
  expect(model.image).toMatchObject({ channels: 3, mean: [0, 0, 0], std: [1, 1, 1] });
  expect(model.branches[1]).toMatchObject({
    layers: [{ width: 32, activation: 'gelu' }, { width: 8 }],
  });
});

describe('blocks by hand', () => {
  const shape = {
    image: 8,
    channels: 1,
    patch: 4,
    width: 8,
    classes: 3,
    mean: [0.5],
    std: [2],
  } as const;
  const attend = () => residual(layerNorm(), attention({ heads: 2 }));
  const mlp = () => residual(layerNorm(), linear(16), gelu(), linear(8));

  test('say the same as vit', () => {
    const byHand = modelOf(encoder(shape, [attend(), mlp(), attend(), mlp()]));
    const whole = modelOf(vit({ ...shape, depth: 2, heads: 2, mlp: 16 }));
    const bare = (m: Model) =>
      JSON.parse(JSON.stringify(m, (key, v) => (key === 'place' ? undefined : v)));
    expect(bare(byHand)).toEqual(bare(whole));
  });

  test('have names of their own in any order', () => {
    const model = modelOf(encoder(shape, [mlp(), attend(), attend(), mlp(), mlp()]));
    expect(model.branches.map((b) => b.name)).toEqual([
      'block0.mlp',
      'block1.attention',
      'block2.attention',
      'block2.mlp',
      'block3.mlp',
    ]);
  });

  test('may have any number of linears', () => {
    const branch = residual(
      layerNorm(),
      linear(5),
      linear(7),
      relu(),
      linear(9),
      gelu(),
      linear(8),
    );
    expect(modelOf(encoder(shape, [branch])).branches[0]).toMatchObject({
      layers: [
        { width: 5, activation: 'none' },
        { width: 7, activation: 'relu' },
        { width: 9, activation: 'gelu' },
        { width: 8, activation: 'none' },
      ],
    });
  });
});

describe('the examples', () => {
  const example = (file: string) =>
    loadDesign(path.resolve(import.meta.dirname, '../../examples', file));

  test('mnist', async () => {
    const { design } = await example('mnist/mnist.vit.ts');
    expect(design).toMatchObject({
      name: 'mnist',
      weights: { kind: 'onnx', file: './mnist.onnx' },
      quant: { weights: 8, activations: 8, residual: 16 },
      calibration: { kind: 'mnist', count: 256, split: 'train' },
      target: { board: 'kv260', fps: 4000, clockMHz: 200 },
    });
    expect(tokenCount(design.model)).toBe(50);
  });

  test('tiny', async () => {
    const { design } = await example('tiny/tiny.vit.ts');
    expect(design).toMatchObject({
      name: 'tiny',
      weights: { kind: 'random', seed: 1 },
      quant: { weights: 4, activations: 4, residual: 16 },
      calibration: { kind: 'random', count: 4, seed: 1 },
      target: { tile: { inputs: 2, outputs: 2, vector: 2 } },
    });
    expect(tokenCount(design.model)).toBe(5);
  });
});
