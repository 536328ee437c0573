import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/index.ts';
import type { Model } from '../../src/model/index.ts';
import { quantize, runFloatModel } from '../../src/quantize/index.ts';
import {
  besideReference,
  fixtureFolder,
  fixtureImages,
  fixtureNames,
  fixtureRecord,
  floatFixtures,
  importFixture,
} from '../support/onnx-fixtures.ts';

/** What differs from DeiT's structure in each model of python/fixtures. */
const STRUCTURE: Readonly<Record<string, Partial<Model>>> = {
  timm_vit: { pooling: 'class', epsilon: 1e-6 },
  timm_sdpa: { pooling: 'class' },
  timm_distilled: { pooling: 'distilled' },
  timm_mean: { pooling: 'mean' },
  timm_mean_class: { pooling: 'mean', leading: 1 },
  timm_norm_mean: { pooling: 'mean', finalNorm: 'tokens' },
  timm_embedding_norm: { pooling: 'class', embeddingNorm: true },
  timm_scaled: { pooling: 'class' },
  hf_vit: { pooling: 'class', epsilon: 1e-12 },
  hf_vit_eager: { pooling: 'class' },
  hf_deit: { pooling: 'class', leading: 2 },
  hf_teacher: { pooling: 'distilled' },
  torchvision: { pooling: 'class' },
  encoder_pre: { pooling: 'class' },
  encoder_post: { pooling: 'class', norm: 'post', finalNorm: 'none' },
  encoder_post_mean: { pooling: 'mean', norm: 'post', finalNorm: 'tokens' },
  hand: { pooling: 'mean' },
  einsum: { pooling: 'class' },
};

/** The tanh form of GELU is up to 5e-4 away from the exact one, for each activation. */
const TANH = new Set(['hf_vit_eager', 'hand']);

describe('the float fixtures', () => {
  it('are there, and cover both exporters and the operator sets 13 to 21', () => {
    const records = floatFixtures().map(fixtureRecord);
    expect(new Set(records.map(({ model }) => model))).toEqual(new Set(Object.keys(STRUCTURE)));
    for (const exporter of ['script', 'dynamo']) {
      expect(records.some((record) => record.exporter === exporter)).toBe(true);
    }
    const opsets = new Set(records.map(({ opset }) => opset));
    for (let opset = 13; opset <= 21; opset++) expect(opsets, `opset ${opset}`).toContain(opset);
    for (const name of fixtureNames()) {
      expect(existsSync(join(fixtureFolder, `${name}.json`))).toBe(true);
    }
  });

  it.each(floatFixtures())('%s: the float model has the logits of ONNX Runtime', (name) => {
    const { model: kind, channels, logits } = fixtureRecord(name);
    const { model, parameters } = importFixture(name);
    const usual = {
      ...{ norm: undefined, finalNorm: undefined, leading: undefined },
      embeddingNorm: undefined,
    };
    expect({ ...usual, ...model }).toMatchObject({ ...usual, ...STRUCTURE[kind] });
    const tolerance = TANH.has(kind) ? 4e-3 : 2e-5;
    fixtureImages(channels)
      .images.slice(0, 2)
      .forEach((image, i) => {
        runFloatModel(model, parameters, image).forEach((value, c) => {
          expect(Math.abs(value - (logits[i]?.[c] ?? Number.NaN))).toBeLessThan(tolerance);
        });
      });
  });

  // One file of each model: all files of a model give the same parameters, as shown above.
  const one = Object.keys(STRUCTURE).map((kind) =>
    floatFixtures().find((name) => fixtureRecord(name).model === kind),
  );
  it.each(one)('%s: the integer graph at W8A8 agrees with ONNX Runtime on 99 %%', (name = '') => {
    const { model, parameters } = importFixture(name);
    const calibration = fixtureImages(fixtureRecord(name).channels).images.slice(0, 16);
    const settings = { weights: 8, activations: 8, residual: 16 };
    const graph = quantize(model, parameters, calibration, settings);
    check(graph);
    const { agreeing, images } = besideReference(name, graph, 32);
    expect(agreeing / images.length).toBeGreaterThanOrEqual(0.99);
  });
});
