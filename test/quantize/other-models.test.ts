import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/index.ts';
import { plainMethod, type QuantMethod } from '../../src/dsl/quant-method.ts';
import { encodeImage, runGolden } from '../../src/golden/index.ts';
import { loadImages } from '../../src/images/index.ts';
import { randomParameters } from '../../src/import/index.ts';
import type { Model } from '../../src/model/index.ts';
import { createObservations, quantizeObserved, runFloatModel } from '../../src/quantize/index.ts';
import { smallModel } from './models.ts';

const base = smallModel({ depth: 1, channels: 1, pooling: 'class', activation: 'gelu' });
const wide: Model = {
  ...base,
  branches: base.branches.map((b) =>
    b.kind === 'attention' ? { ...b, inner: 2 * base.width } : b,
  ),
};

const models: Readonly<Record<string, Model>> = {
  'two heads': { ...base, pooling: 'distilled' },
  'a norm of all tokens before the mean': { ...base, pooling: 'mean', finalNorm: 'tokens' },
  'a mean without the learned token': { ...base, pooling: 'mean', leading: 1 },
  'no last norm': { ...base, finalNorm: 'none' },
  'post-norm': { ...base, norm: 'post', finalNorm: 'none' },
  'post-norm and a mean': { ...base, norm: 'post', pooling: 'mean', finalNorm: 'pooled' },
  'post-norm and two heads': { ...base, norm: 'post', pooling: 'distilled' },
  'a norm of the embedding': { ...base, embeddingNorm: true },
  'post-norm and a norm of the embedding': { ...base, norm: 'post', embeddingNorm: true },
  'wide heads': wide,
};

const asymmetric: QuantMethod = {
  ...plainMethod,
  observer: { kind: 'percentile', percent: 99.99 },
  range: 'asymmetric',
  biasCorrection: true,
};
const methods: Readonly<Record<string, QuantMethod>> = {
  'min-max': plainMethod,
  'asymmetric, smooth, equalized, GPTQ': {
    ...asymmetric,
    fold: { kind: 'smooth', alpha: 0.5 },
    equalize: true,
    rounding: { kind: 'gptq' },
  },
  'RepQ, noise, COMQ': {
    ...asymmetric,
    fold: { kind: 'repq' },
    noise: 1,
    rounding: { kind: 'comq' },
  },
  AWQ: { ...plainMethod, fold: { kind: 'awq' } },
};

const images = (m: Model) => loadImages({ kind: 'random', count: 4, seed: 1 }, m);

describe.each(Object.entries(models))('a model with %s', (_, model) => {
  const observations = createObservations(model, randomParameters(model, 5), images(model));

  it.each(Object.entries(methods))('stays close to the float one by %s', (_name, method) => {
    const settings = { weights: 8, activations: 8, residual: 16, ends: 8, method };
    const { graph, parameters } = quantizeObserved(observations, settings);
    check(graph);
    const scale = graph.nodes.at(-1)?.output.scale ?? 1;
    let [error, power] = [0, 0];
    // Ranges of four images cut much of others, which would hide what is asked here.
    for (const pixels of observations.images) {
      // The folds leave the float function as it was.
      const float = runFloatModel(model, observations.parameters, pixels);
      runFloatModel(model, parameters, pixels).forEach((x, i) => {
        expect(x).toBeCloseTo(float[i]!, 3);
      });
      const codes = runGolden(graph, encodeImage(graph.input, pixels)).get('logits');
      codes?.forEach((code, i) => {
        error += (code * scale - float[i]!) ** 2;
        power += float[i]! ** 2;
      });
    }
    expect(error / power).toBeLessThan(0.02);
  });
});
