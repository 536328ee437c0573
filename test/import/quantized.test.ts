import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/index.ts';
import { keepQuantization } from '../../src/import/index.ts';
import { unsupportedQuantized } from '../../src/import/quantized/index.ts';
import type { LinearNode } from '../../src/ir/index.ts';
import { runFloatModel } from '../../src/quantize/index.ts';
import {
  besideReference,
  decibelsOf,
  fixtureImages,
  fixtureNames,
  fixtureRecord,
  importFixture,
} from '../support/onnx-fixtures.ts';

const SETTINGS = { weights: 8, activations: 8, residual: 16, fromFile: true } as const;
const quantized = fixtureNames().filter((name) => fixtureRecord(name).quantized !== undefined);
/** What a rounding that falls the other way changes by a large share of the range. */
const fewBits = (name: string) => name.includes('w4a4') || name.includes('bipolar');
/** Everything in a block: each value near 0 is another model (signs.test.ts has what it computes). */
const SIGNS = 'qonnx_signs';

describe('quantized models', () => {
  it('are there in every form', () => {
    const forms = new Set(quantized.map((name) => fixtureRecord(name).quantized));
    expect([...forms].sort()).toEqual(['qcdq', 'qdq', 'qonnx']);
  });

  it.each(quantized.filter((name) => name !== SIGNS))(
    '%s: the integer graph agrees with the reference',
    (name) => {
      const { channels } = fixtureRecord(name);
      const { model, parameters, encoder } = importFixture(name);
      const calibration = fixtureImages(channels).images.slice(0, 16);
      const graph = keepQuantization(encoder, model, parameters, calibration, SETTINGS);
      check(graph);
      const { images, agreeing, decibels, wanted } = besideReference(name, graph, 48);
      const floats = images.flatMap((image) => Array.from(runFloatModel(model, parameters, image)));
      const float = decibelsOf(floats, wanted);
      console.info(
        `${name}: ${agreeing}/${images.length}, ${decibels.toFixed(1)} dB, float ${float.toFixed(1)} dB`,
      );
      expect(agreeing / images.length).toBeGreaterThanOrEqual(fewBits(name) ? 0.95 : 0.99);
      expect(decibels).toBeGreaterThan(fewBits(name) ? 10 : 28);
    },
    60_000,
  );

  it('keep the integers of the weights', () => {
    const { model, parameters, encoder } = importFixture('ort_int8_channel');
    const { images } = fixtureImages(3);
    const graph = keepQuantization(encoder, model, parameters, images.slice(0, 2), SETTINGS);
    const head = graph.nodes.find((n): n is LinearNode => n.output.name === 'logits');
    const { codes } = encoder.heads[0] ?? {};
    expect(codes?.values.some((v) => v !== 0)).toBe(true);
    expect(Array.from(head?.weight ?? [])).toEqual(Array.from(codes?.values ?? []));
    // One step for each of 8 classes, and every weight its code times that step.
    expect(new Set(codes?.steps).size).toBe(8);
    parameters.get('head.weight')?.data.forEach((w, i) => {
      expect(w).toBeCloseTo((codes?.values[i] ?? 0) * (codes?.steps[i] ?? 0), 6);
    });
  });

  it('join two heads in one product', () => {
    const { model, parameters, encoder } = importFixture('ort_teacher_uint8');
    const { images } = fixtureImages(3);
    const graph = keepQuantization(encoder, model, parameters, images.slice(0, 2), SETTINGS);
    // Weights per tensor: both heads of a class have steps of their own, so they are made anew.
    expect(graph.nodes.at(-1)).toMatchObject({
      kind: 'linear',
      join: 2,
      weight: { length: 2 * 24 * 8 },
    });
  });

  it('refuse a residual stream of few bits, which a post-norm would have', () => {
    const { model, encoder } = importFixture('ort_post_int8');
    expect(unsupportedQuantized(encoder, model)).toBeNull();
    const branches = encoder.branches.map((branch) => {
      if (branch.kind !== 'attention') return branch;
      const { x } = branch.query;
      const attributes = { ...x.base.attributes, low: -8, high: 7 };
      return {
        ...branch,
        query: { ...branch.query, x: { ...x, base: { ...x.base, attributes } } },
      };
    });
    expect(unsupportedQuantized({ ...encoder, branches }, model)).toMatch(/\.norm gives 4 bits/);
  });
});
