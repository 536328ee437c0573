import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { importParameters, randomParameters } from '../../src/import/index.ts';
import { erf, gelu, patches, runFloatModel } from '../../src/quantize/index.ts';
import { matmulTransposed } from '../../src/quantize/matmul.ts';
import { MNIST_MODEL, smallModel } from './models.ts';

describe('erf', () => {
  // Abramowitz and Stegun, table 7.1, and the complement at 3 from table 7.2.
  it.each([
    [0, 0],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
    [6, 1],
  ])('at %f is %f, and odd', (x, y) => {
    expect(erf(x)).toBeCloseTo(y, 14);
    expect(erf(-x)).toBeCloseTo(-y, 14);
  });

  it('makes GELU', () => {
    expect(gelu(1)).toBeCloseTo(0.8413447460685429, 14);
    expect(gelu(-1)).toBeCloseTo(-0.15865525393145707, 14);
    expect(gelu(-40)).toBeCloseTo(0, 14);
  });
});

describe('matmulTransposed', () => {
  it.each([
    [1, 1, 1],
    [4, 4, 8],
    [5, 3, 7],
    [9, 10, 11],
    [3, 8, 2],
  ])('multiplies [%i,k] by the transpose of [%i,k], k = %i', (m, n, k) => {
    const random = createRandom(m * 100 + n);
    const draw = (length: number) => Float32Array.from({ length }, () => random.nextInt(-50, 50));
    const [a, b] = [draw(m * k), draw(n * k)];
    const product = matmulTransposed(a, b, m, n, k);
    product.forEach((value, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * k + p]! * b[j * k + p]!;
      expect(value).toBe(sum);
    });
  });
});

describe('runFloatModel', () => {
  it('cuts patches in order channel, row, column, and normalises by channel', () => {
    const model = smallModel({ side: 4, patch: 2, channels: 2 });
    const image = { ...model.image, mean: [0, 0.5], std: [1 / 255, 0.5 / 255] };
    const pixels = Uint8Array.from({ length: 32 }, (_, i) => i);
    const cut = Array.from(patches({ ...model, image }, pixels));
    // Pixel (row, column) has the bytes 8 row + 2 column + channel; the second patch starts at column 2.
    expect(cut.slice(8, 12).map(Math.round)).toEqual([4, 6, 12, 14]);
    expect(cut[12]).toBeCloseTo((5 / 255 - 0.5) / (0.5 / 255), 3);
    expect(cut).toHaveLength(32);
  });

  it('observes every tensor once, in order', () => {
    const model = smallModel({ pooling: 'mean' });
    const names: string[] = [];
    const pixels = new Uint8Array(144).fill(9);
    runFloatModel(model, randomParameters(model, 1), pixels, (name) => names.push(name));
    expect(names).toEqual([
      'input',
      'embedding',
      'block0.attention.norm',
      'block0.attention.query',
      'block0.attention.key',
      'block0.attention.value',
      'block0.attention.scores',
      'block0.attention.probabilities',
      'block0.attention.weighted',
      'block0.attention',
      'block0.mlp.norm',
      'block0.mlp.linear0.preActivation',
      'block0.mlp.linear0',
      'block0.mlp',
      'pool',
      'norm',
      'logits',
    ]);
  });

  const file = 'examples/mnist/train/reference.json';
  const absent = !existsSync(file);
  if (absent) console.warn(`skipped: ${file} is absent`);
  it.skipIf(absent)("agrees with PyTorch's logits on the trained model", () => {
    const { digits } = JSON.parse(readFileSync(file, 'utf8')) as {
      digits: { pixels: number[]; logits: number[] }[];
    };
    const source = { kind: 'onnx', file: 'mnist.onnx' } as const;
    const parameters = importParameters(MNIST_MODEL, source, 'examples/mnist');
    expect(digits.length).toBeGreaterThan(0);
    for (const { pixels, logits } of digits) {
      const found = runFloatModel(MNIST_MODEL, parameters, Uint8Array.from(pixels));
      logits.forEach((logit, i) => {
        expect(Math.abs(found[i]! - logit)).toBeLessThan(1e-4);
      });
    }
  });
});
