import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { openStore, type Store } from '../../src/accuracy/index.ts';
import { presets } from '../../src/dsl/presets.ts';
import {
  createProbe,
  decibelsOf,
  describeEvaluated,
  evaluate,
  foldedOnce,
  layerBitsOf,
  measureSensitivity,
  outputError,
  predict,
  proxySensitivity,
  weightCounts,
  weightProblem,
} from '../../src/explore/accuracy/index.ts';
import { allocate } from '../../src/explore/allocate/index.ts';
import { randomImages } from '../../src/images/random.ts';
import { randomParameters } from '../../src/import/random.ts';
import { createObservations } from '../../src/quantize/index.ts';
import { smallModel } from '../quantize/models.ts';

const root = mkdtempSync(join(tmpdir(), 'vitrum-sensitivity-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const model = smallModel();
const noise = (count: number, seed: number) =>
  randomImages({ count, seed }, model.image).map((image) => image.pixels);
const observations = createObservations(model, randomParameters(model, 1), noise(4, 1));
const images = noise(6, 2).map((pixels, i) => ({ pixels, label: i % 5 }));
const settings = { weights: 8, activations: 8, residual: 16 };
const probeIn = (store: Store) => createProbe({ observations, images }, { store, workers: 1 });
/** A store that keeps nothing and counts what is written. */
function forgetful(): Store & { written: number } {
  const store = { written: 0, read: () => undefined, write: () => void store.written++ };
  return store;
}

describe('output error', () => {
  test('is none for equal outputs, and by hand for others', () => {
    const float = [[1, 0, -1]];
    expect(outputError(float, float, [0])).toMatchObject({
      ...{ noise: 0, divergence: 0, agreement: 1, top1: 1 },
    });
    const error = outputError(float, [[0, 1, -1]], [0]);
    expect(error).toMatchObject({ noise: 1, agreement: 0, top1: 0 });
    // p = softmax(1, 0, -1) = (e^2, e, 1) / (e^2 + e + 1), and logs differ by 1 and -1.
    const e = Math.E;
    expect(error.divergence).toBeCloseTo((e * e - e) / (e * e + e + 1), 12);
    expect(outputError(float, [[2, 1, 0]], [undefined])).toMatchObject({ top1: null });
    // A shift of all logits changes no probability.
    expect(outputError(float, [[2, 1, 0]], [0]).divergence).toBeCloseTo(0, 12);
    expect(() => outputError([], [], [])).toThrow(RangeError);
    expect(decibelsOf(0.001)).toBeCloseTo(30, 12);
  });
});

describe('sensitivity', () => {
  it('is that of every layer at every width alone, and losses fall with the bits', async () => {
    const probe = probeIn(forgetful());
    const found = await measureSensitivity(probe, observations, {
      ...{ settings, weights: [2, 4, 8], activations: [3], metric: 'noise' },
    });
    // 8 layers with weights at 2 and 4 bits; 10 activations at 3; 8 bits are those of the base.
    expect(found.sensitivities).toHaveLength(8 * 2 + 10);
    const lossOf = (layer: string, bits: number) =>
      found.sensitivities.find((s) => s.layer === layer && s.bits === bits)?.loss ?? Number.NaN;
    for (const layer of weightCounts(model).keys()) {
      expect(lossOf(layer, 2), layer).toBeGreaterThan(lossOf(layer, 4));
      expect(lossOf(layer, 2), layer).toBeGreaterThan(0);
    }
    expect(found).toMatchObject({ how: 'measured', images: 6, settings });
    // What one layer does alone is what was predicted, to the last bit.
    const one = { 'block0.mlp.linear0': { weights: 2 } };
    const [alone] = await evaluate(found, probe, [one]);
    expect(alone?.measured?.noise).toBeCloseTo(alone?.predicted.error ?? 0, 12);
    expect(alone?.predicted.error).toBe(found.base + lossOf('block0.mlp.linear0', 2));
  });

  it('adds up: all layers at 5 bits are within a factor of two of the sum', async () => {
    const probe = probeIn(openStore(root));
    const options = { settings, weights: [5], metric: 'noise' } as const;
    const found = await measureSensitivity(probe, observations, options);
    const layers = Object.fromEntries(
      [...weightCounts(model).keys()].map((l) => [l, { weights: 5 }]),
    );
    const [all] = await evaluate(found, probe, [layers]);
    const ratio = (all?.measured?.noise ?? 0) / (all?.predicted.error ?? 1);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
    expect(describeEvaluated(all as NonNullable<typeof all>, found)).toMatch(
      /^top-1 \d+\.\d\d %, logits \d+\.\d dB, noise .+ \(expected .+\), on 6 images$/,
    );
  });

  it('goes on where it was broken off, and measures nothing twice', async () => {
    const folder = join(root, 'resumed');
    const options = { settings, weights: [3, 4] };
    const stopped = probeIn({
      read: () => undefined,
      write: (key, value) => {
        if (readdirSync(root).length > 0) openStore(folder).write(key, value);
        if (readdirSync(folder).length > 4) throw new Error('the power went off');
      },
    });
    await expect(measureSensitivity(stopped, observations, options)).rejects.toThrow('power');
    const kept = readdirSync(folder).length;
    expect(kept).toBe(5);
    const store = openStore(folder);
    let written = 0;
    const counting: Store = {
      read: (key) => store.read(key),
      write: (key, value) => {
        written++;
        store.write(key, value);
      },
    };
    const progress: number[] = [];
    const onProgress = (done: number) => progress.push(done);
    const first = await measureSensitivity(probeIn(counting), observations, {
      ...options,
      onProgress,
    });
    expect(written).toBe(1 + 16 - kept);
    expect(progress).toEqual(Array.from({ length: 17 }, (_, i) => i + 1));
    const again = await measureSensitivity(probeIn(counting), observations, options);
    expect(written).toBe(1 + 16 - kept);
    expect(again).toEqual(first);
    // Other images are other results.
    const other = createProbe(
      { observations, images: images.slice(1) },
      { store: counting, workers: 1 },
    );
    await measureSensitivity(other, observations, options);
    expect(written).toBe(2 * 17 - kept);
  });

  it('gives the same in worker threads', async () => {
    const options = { settings, weights: [3] };
    const pooled = createProbe({ observations, images }, { store: forgetful(), workers: 2 });
    const [one, two] = [
      await measureSensitivity(probeIn(forgetful()), observations, options),
      await measureSensitivity(pooled, observations, options),
    ];
    await pooled.close();
    expect(two).toEqual(one);
  }, 60_000);

  it('refuses to predict what was not tried', async () => {
    const probe = probeIn(openStore(root));
    const found = await measureSensitivity(probe, observations, { settings, weights: [5] });
    expect(() => predict(found, { head: { weights: 3 } })).toThrow('weights of head');
    expect(predict(found, { head: { weights: 8 } }).error).toBe(found.base);
  });

  it('has folds made once', () => {
    const { method } = presets.smoothquant;
    const folded = foldedOnce(observations, { ...settings, method });
    expect(folded.settings.method?.fold).toEqual({ kind: 'none' });
    expect(folded.observations.parameters).not.toBe(observations.parameters);
    expect(foldedOnce(observations, settings).observations).toBe(observations);
  });
});

describe('without images', () => {
  it('counts the noise of numbers, and says that it is a proxy', async () => {
    const found = proxySensitivity(observations, { settings, weights: [2, 4], activations: [4] });
    expect(found).toMatchObject({ how: 'proxy', metric: 'noise', images: 0, top1: null });
    expect(found.sensitivities).toHaveLength(8 * 2 + 10);
    for (const { loss, layer } of found.sensitivities) expect(loss, layer).toBeGreaterThan(0);
    // Two bits fewer are about 12 dB.
    const of = (bits: number) =>
      found.sensitivities.filter((s) => s.part === 'weights' && s.bits === bits);
    of(2).forEach(({ loss }, i) => {
      const ratio = decibelsOf(of(4)[i]?.loss ?? 0) - decibelsOf(loss);
      expect(ratio).toBeGreaterThan(9);
      expect(ratio).toBeLessThan(20);
    });
    const [only] = await evaluate(found, null, [{ head: { weights: 4 } }]);
    expect(only?.measured).toBeNull();
    expect(describeEvaluated(only as NonNullable<typeof only>, found)).toMatch(/a proxy/);
  });

  it('still makes a problem that an allocator solves', async () => {
    const found = proxySensitivity(observations, { settings, weights: [2, 3, 4, 6] });
    const count = [...weightCounts(model).values()].reduce((a, b) => a + b);
    const limits = [{ cost: 'weightBits', atMost: 4 * count }];
    const problem = weightProblem(found, model, limits);
    const even = await allocate('uniform', problem);
    const best = await allocate('hawq-v3', problem);
    expect(even?.costs.weightBits).toBe(4 * count);
    expect(best?.costs.weightBits).toBeLessThanOrEqual(4 * count);
    expect(best?.loss).toBeLessThanOrEqual(even?.loss ?? 0);
    const layers = layerBitsOf(problem, best as NonNullable<typeof best>);
    expect(Object.keys(layers)).toEqual([...weightCounts(model).keys()]);
    expect(predict(found, layers).error).toBeCloseTo(found.base + (best?.loss ?? 0), 9);
  });
});
