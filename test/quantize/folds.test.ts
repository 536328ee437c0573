import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { plainMethod, type QuantMethod } from '../../src/dsl/quant-method.ts';
import { loadImages } from '../../src/images/index.ts';
import { randomParameters } from '../../src/import/index.ts';
import { uniform } from '../../src/ir/index.ts';
import type { Model, Parameters } from '../../src/model/index.ts';
import { affineFor, quantizeAffine } from '../../src/quantize/affine.ts';
import { applyFolds } from '../../src/quantize/folds/index.ts';
import { migrate } from '../../src/quantize/folds/migrate.ts';
import { bestNoise } from '../../src/quantize/folds/noise.ts';
import { reparametrization } from '../../src/quantize/folds/norm-folds.ts';
import { createObservations, runFloatModel } from '../../src/quantize/index.ts';
import { normReaders } from '../../src/quantize/layers.ts';
import { smallModel } from './models.ts';

const images = (model: Model, count = 4) => loadImages({ kind: 'random', count, seed: 5 }, model);

/** Parameters whose LayerNorms have channels of very different range, as trained ones do. */
function unevenParameters(model: Model): Parameters {
  const random = createRandom(9);
  const uneven = new Map(randomParameters(model, 4));
  for (const [path, { shape, data }] of uneven) {
    if (!path.endsWith('norm.weight') && !path.endsWith('bias')) continue;
    const changed = data.map((v) =>
      v === 0 ? 0.3 * random.nextGaussian() : v * 2 ** random.nextInt(-3, 3),
    );
    uneven.set(path, { shape, data: changed });
  }
  return uneven;
}

const MODELS = [
  smallModel({ depth: 2 }),
  smallModel({ pooling: 'mean', activation: 'relu', channels: 2 }),
  smallModel({ pooling: 'mean', activation: 'none' }),
];
const FOLDS: readonly (readonly [string, Partial<QuantMethod>])[] = [
  ['SmoothQuant', { fold: { kind: 'smooth', alpha: 0.5 } }],
  ['SmoothQuant, all to the weights', { fold: { kind: 'smooth', alpha: 1 } }],
  ['RepQ', { fold: { kind: 'repq' }, range: 'asymmetric' }],
  ['AWQ', { fold: { kind: 'awq' } }],
  ['equalization', { equalize: true }],
  ['NoisyQuant', { noise: 3 }],
  ['arranged rows', { rows: { kind: 'powerOfTwo', bits: 4, outputs: 2, of: 4 } }],
  ['all at once', { equalize: true, fold: { kind: 'smooth', alpha: 0.3 }, noise: 3 }],
];

describe.each(FOLDS)('%s', (_, choices) => {
  it.each(MODELS)('leaves the float function unchanged: model %#', (model) => {
    const parameters = unevenParameters(model);
    const observations = createObservations(model, parameters, images(model));
    const settings = {
      weights: 4,
      activations: 4,
      residual: 16,
      method: { ...plainMethod, ...choices },
    };
    const folded = applyFolds(observations, settings).parameters;
    const changed = [...parameters].filter(([path, { data }]) =>
      folded.get(path)?.data.some((v, i) => v !== data[i]),
    );
    // Noise is added only where it helps.
    if (choices.noise === undefined) expect(changed.length).toBeGreaterThan(2);
    for (const pixels of images(model, 8)) {
      const before = runFloatModel(model, parameters, pixels);
      const after = runFloatModel(model, folded, pixels);
      const peak = before.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
      before.forEach((v, i) => {
        expect(Math.abs((after[i] as number) - v)).toBeLessThan(2e-5 * peak);
      });
    }
  });
});

describe('migrate', () => {
  it('moves factors and shifts of any size', () => {
    const model = smallModel();
    const parameters = unevenParameters(model);
    const random = createRandom(8);
    const draw = (make: () => number) => Array.from({ length: model.width }, make);
    const migration = {
      factors: draw(() => 2 ** (4 * random.nextFloat() - 2)),
      shifts: draw(() => random.nextGaussian()),
    };
    let moved = parameters;
    for (const [norm, readers] of normReaders(model)) {
      moved = migrate(
        moved,
        norm,
        readers.map(({ path }) => path),
        migration,
      );
    }
    for (const pixels of images(model)) {
      const after = runFloatModel(model, moved, pixels);
      runFloatModel(model, parameters, pixels).forEach((v, i) => {
        expect(after[i]).toBeCloseTo(v, 4);
      });
    }
  });
});

describe('the RepQ fold', () => {
  it('gives every channel the codes that its own quantizer gave it', () => {
    const format = uniform(8);
    const random = createRandom(2);
    const ranges = [
      [-1, 3],
      [-0.2, 0.1],
      [2, 9],
      [-4, -1],
      [-2, 2],
    ] as const;
    const min = Float64Array.from(ranges, ([low]) => low);
    const max = Float64Array.from(ranges, ([, high]) => high);
    const statistics = { min, max, magnitude: max, rows: 1 };
    const { factors, shifts } = reparametrization(statistics, format);
    const steps = ranges.map(([low, high]) => (high - low) / 255);
    const step = steps.reduce((a, b) => a + b) / steps.length;
    const zeros = steps.map((s, c) => -128 - min[c]! / s);
    const zero = Math.round(zeros.reduce((a, b) => a + b) / zeros.length);
    for (let i = 0; i < 500; i++) {
      const c = random.nextInt(0, ranges.length - 1);
      const x = min[c]! + (max[c]! - min[c]!) * random.nextFloat();
      const own = x / steps[c]! + zeros[c]!;
      const folded = (x + shifts![c]!) / factors[c]!;
      // Off a tie, where single steps of rounding may fall either way.
      if (Math.abs((own % 1) - 0.5) < 1e-6) continue;
      expect(quantizeAffine(folded, { scale: step, zeroPoint: zero }, -128, 127)).toBe(
        Math.min(Math.max(Math.round(own), -128), 127) + 0,
      );
    }
  });
});

describe('bestNoise', () => {
  it('helps values that sit between two codes, and leaves exact ones alone', () => {
    const format = uniform(4);
    const affine = affineFor({ low: -7, high: 7 }, 'restricted', format);
    const between = Float32Array.from({ length: 64 }, (_, i) => (i % 7) + 0.5);
    const rows = { data: between, width: 2, count: 32 };
    expect(bestNoise(rows, affine, format, createRandom(1))).not.toBeNull();
    const exact = { ...rows, data: between.map((v) => v - 0.5) };
    expect(bestNoise(exact, affine, format, createRandom(1))).toBeNull();
  });
});
