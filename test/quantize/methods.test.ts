import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/index.ts';
import { type PresetName, presetNames, presets } from '../../src/dsl/presets.ts';
import { plainMethod, type QuantMethod } from '../../src/dsl/quant-method.ts';
import { encodeImage, runGolden } from '../../src/golden/index.ts';
import { loadImages } from '../../src/images/index.ts';
import { randomParameters } from '../../src/import/index.ts';
import { rangeOf } from '../../src/ir/index.ts';
import type { Model } from '../../src/model/index.ts';
import { createObservations, quantizeObserved, runFloatModel } from '../../src/quantize/index.ts';
import { smallModel } from './models.ts';

const model = smallModel({ depth: 2, channels: 3, pooling: 'mean', activation: 'gelu' });
const images = (m: Model, seed: number) => loadImages({ kind: 'random', count: 4, seed }, m);
const observed = (m: Model) => createObservations(m, randomParameters(m, 5), images(m, 1));
const observations = observed(model);
const bits = (weights: number, activations: number) => ({ weights, activations, residual: 16 });

/** Mean squared error of the logits over their mean square, on images that were not calibrated with. */
function relativeError(
  m: Model,
  from: typeof observations,
  settings: Parameters<typeof quantizeObserved>[1],
) {
  const { graph, parameters } = quantizeObserved(from, settings);
  check(graph);
  let [error, power] = [0, 0];
  for (const pixels of images(m, 2)) {
    const codes = runGolden(graph, encodeImage(graph.input, pixels));
    runFloatModel(m, parameters, pixels, (name, data) => {
      const node = graph.nodes.find(({ output }) => output.name === name);
      if (!node || name !== 'logits') return;
      const { scale, zeroPoint = 0 } = node.output;
      codes.get(name)?.forEach((code, i) => {
        error += ((code - zeroPoint) * scale - data[i]!) ** 2;
        power += data[i]! ** 2;
      });
    });
  }
  return error / power;
}

describe.each(presetNames)('preset %s', (name: PresetName) => {
  const { method } = presets[name];
  it('stays close to the float model at W8A8, and is deterministic', () => {
    const settings = { ...bits(8, 8), method };
    expect(relativeError(model, observations, settings)).toBeLessThan(0.02);
    const [a, b] = [
      quantizeObserved(observations, settings),
      quantizeObserved(observed(model), settings),
    ];
    expect(a.graph).toEqual(b.graph);
  });

  it('makes legal graphs at every width, with ends of their own', () => {
    for (const [weights, activations] of [
      [2, 2],
      [4, 8],
      [8, 3],
    ] as const) {
      const settings = { ...bits(weights, activations), ends: 8, method };
      const { graph } = quantizeObserved(observations, settings);
      expect(() => check(graph)).not.toThrow();
      expect(graph.input.tensor.format.bits).toBe(8);
    }
  });
});

describe('zero points', () => {
  const asymmetric: QuantMethod = { ...plainMethod, range: 'asymmetric' };
  it.each([
    { pooling: 'class', activation: 'gelu' },
    { pooling: 'mean', activation: 'relu' },
    { pooling: 'class', activation: 'none' },
  ] as const)('are folded so that no operator knows of them: %o', (options) => {
    const m = smallModel({ ...options, depth: 2 });
    const from = observed(m);
    const { graph } = quantizeObserved(from, { ...bits(8, 8), method: asymmetric });
    const moved = graph.nodes.filter(({ output }) => (output.zeroPoint ?? 0) !== 0);
    expect(moved.length).toBeGreaterThan(2);
    for (const { output, kind } of moved) {
      expect(['layerNorm', 'linear', 'weightedValues']).toContain(kind);
      expect(output.zeroPoint).toBeGreaterThanOrEqual(rangeOf(output.format).low);
    }
    const queries = graph.nodes.filter(({ output }) => /query|key|value$/.test(output.name));
    for (const { output } of queries) expect(output.zeroPoint ?? 0).toBe(0);
    expect(relativeError(m, from, { ...bits(8, 8), method: asymmetric })).toBeLessThan(0.02);
  });

  it('use the codes that a GELU leaves unused', () => {
    const m = smallModel({ depth: 1 });
    const from = observed(m);
    const plain = relativeError(m, from, { ...bits(8, 4), method: plainMethod });
    expect(relativeError(m, from, { ...bits(8, 4), method: asymmetric })).toBeLessThan(plain);
  });
});

describe('slots', () => {
  const settings = (choices: Partial<QuantMethod>) => ({
    ...bits(3, 8),
    method: { ...plainMethod, ...choices },
  });
  const weightsOf = (choices: Partial<QuantMethod>) =>
    quantizeObserved(observations, settings(choices)).graph.nodes.flatMap((node) =>
      node.kind === 'linear' ? [[...node.weight]] : [],
    );

  it('change the codes that they are about', () => {
    const plain = weightsOf({});
    for (const rounding of [
      { kind: 'gptq' },
      { kind: 'comq' },
      { kind: 'stochastic', seed: 1 },
    ] as const) {
      expect(weightsOf({ rounding }), rounding.kind).not.toEqual(plain);
    }
    const { weight } = plainMethod;
    expect(weightsOf({ weight: { ...weight, range: 'full' } }).flat()).toContain(-4);
    expect(plain.flat()).not.toContain(-4);
  });

  it('share steps by tensor and by head', () => {
    const multipliers = (granularity: 'tensor' | 'head' | 'channel') => {
      const weight = { ...plainMethod.weight, granularity };
      const { graph } = quantizeObserved(observations, settings({ weight }));
      const query = graph.nodes.find(({ output }) => output.name === 'block0.attention.query');
      if (query?.kind !== 'linear') throw new Error('there is no query');
      return new Set(query.epilogue.multiplier).size;
    };
    expect(multipliers('tensor')).toBe(1);
    expect(multipliers('head')).toBe(2);
    expect(multipliers('channel')).toBeGreaterThan(8);
  });

  it('correct biases by nothing where weights are exact, and the mean of outputs otherwise', () => {
    const choices = { ...plainMethod, biasCorrection: true };
    const exact = observed(model);
    const grid = new Map(exact.parameters);
    for (const [path, { shape, data }] of grid) {
      // Whole multiples of a power of two with every row's peak at 7 steps.
      if (!path.endsWith('.weight') || shape.length < 2) continue;
      const width = shape[1] as number;
      grid.set(path, {
        shape,
        data: data.map(
          (v, i) => (i % width === 0 ? 7 : Math.round(Math.max(-7, Math.min(7, 9 * v)))) / 16,
        ),
      });
    }
    const from = createObservations(model, grid, exact.images);
    const biases = (method: QuantMethod) =>
      quantizeObserved(from, { ...bits(4, 8), method }).graph.nodes.flatMap((node) =>
        node.kind === 'linear' ? [[...node.epilogue.bias]] : [],
      );
    expect(biases(choices)).toEqual(biases(plainMethod));
    expect(weightsOf({ biasCorrection: true })).toEqual(weightsOf({}));
    const two = { ...bits(2, 8), ends: 8 };
    const plain = relativeError(model, observations, { ...two, method: plainMethod });
    expect(relativeError(model, observations, { ...two, method: choices })).toBeLessThan(plain);
  });
});
