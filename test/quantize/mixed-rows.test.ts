import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { type MixedRows, plainMethod } from '../../src/dsl/quant-method.ts';
import { loadImages } from '../../src/images/index.ts';
import { randomParameters } from '../../src/import/random.ts';
import { isKind, uniform } from '../../src/ir/index.ts';
import type { Model } from '../../src/model/index.ts';
import { createObservations, quantizeObserved, runFloatModel } from '../../src/quantize/index.ts';
import {
  isMixedRow,
  levelStep,
  mixedLevels,
  roundToLevels,
  squaredError,
} from '../../src/quantize/mixed-rows.ts';
import { smallModel } from './models.ts';

const rows = (kind: MixedRows['kind'], bits: number, outputs = 2, of = 4): MixedRows => ({
  ...{ kind, bits, outputs, of },
});

describe('levels', () => {
  test.each([
    [rows('fixed', 3), 8, [0, 1, 2, 3]],
    [rows('powerOfTwo', 3), 8, [0, 1, 2, 4]],
    [rows('powerOfTwo', 4), 8, [0, 1, 2, 4, 8, 16, 32, 64]],
    // Five bits have exponents that no code of eight bits has.
    [rows('powerOfTwo', 5), 8, [0, 1, 2, 4, 8, 16, 32, 64]],
    [rows('powerOfTwo', 4), 4, [0, 1, 2, 4]],
    [rows('sumOfTwo', 4), 8, [0, 1, 2, 4, 5, 6, 8]],
    [rows('sumOfTwo', 5), 8, [0, 1, 2, 3, 4, 5, 6, 8]],
  ])('of %o beside %i bits', (own, weights, levels) => {
    expect(mixedLevels(own, uniform(weights))).toEqual(levels);
  });

  test('are rounded to the nearest, ties to the smaller', () => {
    const levels = [0, 1, 2, 4];
    const codes = roundToLevels([0.4, 0.5, -0.6, 1.5, 3, 3.1, -9], 1, levels);
    expect([...codes]).toEqual([0, 0, -1, 1, 2, 4, -4]);
  });

  test('have the step of the smallest squared error among shares of the peak', () => {
    const random = createRandom(3);
    for (let n = 0; n < 20; n++) {
      const row = Float32Array.from({ length: 40 }, () => random.nextGaussian());
      const levels = mixedLevels(rows('powerOfTwo', 4), uniform(8));
      const step = levelStep(row, levels);
      const errorAt = (s: number) => squaredError(row, roundToLevels(row, s, levels), s);
      const peak = Math.max(...row.map(Math.abs)) / 64;
      for (const share of [1, 0.9, 0.7, 0.5]) {
        expect(errorAt(step)).toBeLessThanOrEqual(errorAt(peak * share));
      }
    }
    expect(levelStep([0, 0], [0, 1])).toBe(0);
  });

  test('of fixed point has the least error of all shares of the peak', () => {
    const random = createRandom(5);
    for (let n = 0; n < 40; n++) {
      const row = Float32Array.from({ length: 40 }, () => random.nextGaussian());
      const levels = mixedLevels(rows('fixed', 2 + (n % 4)), uniform(8));
      const peak = Math.max(...row.map(Math.abs)) / (levels.at(-1) as number);
      const steps = Array.from({ length: 37 }, (_, i) => peak * ((50 - i) / 50));
      const errorAt = (s: number) => squaredError(row, roundToLevels(row, s, levels), s);
      const least = steps.reduce((best, s) => (errorAt(s) < errorAt(best) ? s : best));
      expect(levelStep(row, levels)).toBe(least);
    }
  });
});

test('channels are counted from the first of their head', () => {
  const mixed = (channels: number, heads: number) =>
    Array.from({ length: channels }, (_, n) =>
      isMixedRow(rows('fixed', 3), n, channels, heads) ? 1 : 0,
    ).join('');
  expect(mixed(10, 1)).toBe('0011001100');
  expect(mixed(12, 2)).toBe('001100001100');
});

test('channels of the residual stream are moved in a norm of the embedding, too', () => {
  const model: Model = { ...smallModel(), embeddingNorm: true };
  const images = loadImages({ kind: 'random', count: 2, seed: 5 }, model);
  const before = new Map(randomParameters(model, 4));
  // A norm that treats its channels alike would not show it.
  const uneven = Float32Array.from({ length: model.width }, (_, c) => 1 + c);
  before.set('embedding.norm.weight', { shape: [model.width], data: uneven });
  const { parameters } = quantizeObserved(createObservations(model, before, images), {
    ...{ weights: 8, activations: 8, residual: 16 },
    method: { ...plainMethod, rows: rows('fixed', 3) },
  });
  expect(parameters.get('embedding.norm.weight')?.data).not.toEqual(uneven);
  for (const pixels of images) {
    const wanted = runFloatModel(model, before, pixels);
    runFloatModel(model, parameters, pixels).forEach((v, i) => {
      expect(v).toBeCloseTo(wanted[i] as number, 4);
    });
  }
});

describe.each([rows('fixed', 3), rows('powerOfTwo', 4, 3, 4), rows('sumOfTwo', 5, 1, 3)])(
  'a graph with rows of %o',
  (own) => {
    const model = smallModel({ depth: 2 });
    const observations = createObservations(
      model,
      randomParameters(model, 4),
      loadImages({ kind: 'random', count: 4, seed: 5 }, model),
    );
    const settings = { weights: 8, activations: 8, residual: 16 };
    const made = (method: object) =>
      quantizeObserved(observations, { ...settings, method: { ...plainMethod, ...method } });
    const { graph, parameters } = made({ rows: own });
    const levels = new Set(mixedLevels(own, uniform(8)));

    test('has their levels where they are, and says how many bits those need', () => {
      const { bits = 0 } = graph.rows ?? {};
      expect(graph.rows).toMatchObject({ outputs: own.outputs, of: own.of });
      for (const node of graph.nodes.filter(isKind('linear'))) {
        const [, channels = 1] = node.output.shape;
        const heads = /query|key|value/.test(node.output.name) ? 2 : 1;
        const width = node.weight.length / channels;
        node.weight.forEach((w, i) => {
          if (!isMixedRow(own, Math.floor(i / width), channels, heads)) return;
          expect(levels.has(Math.abs(w))).toBe(true);
          expect(Math.abs(w)).toBeLessThan(2 ** (bits - 1));
        });
      }
    });

    test('has the rows there that lose least', () => {
      // The hidden layer of an MLP is free: no other layer has a say in its order.
      const weight = parameters.get('block0.mlp.linear0.weight');
      const [out = 0, width = 0] = weight?.shape ?? [];
      const loss = Array.from({ length: out }, (_, n) => {
        const row = weight?.data.subarray(n * width, (n + 1) * width) as Float32Array;
        const step = levelStep(row, [...levels]);
        const peak = Math.max(...row.map(Math.abs)) / 127;
        const plain = row.map((w) => Math.round(w / peak));
        return (
          squaredError(row, roundToLevels(row, step, [...levels]), step) -
          squaredError(row, Int32Array.from(plain), peak)
        );
      });
      const of = (kind: boolean) => loss.filter((_, n) => isMixedRow(own, n, out, 1) === kind);
      expect(Math.max(...of(true))).toBeLessThanOrEqual(Math.min(...of(false)) * 1.0001);
    });
  },
);
