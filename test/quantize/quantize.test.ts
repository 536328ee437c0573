import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/index.ts';
import { encodeImage, runGolden } from '../../src/golden/index.ts';
import { loadImages } from '../../src/images/index.ts';
import { randomParameters } from '../../src/import/index.ts';
import { type IntegerGraph, type IntegerNode, tensorType } from '../../src/ir/index.ts';
import { type Model, type Parameters, parameterShapes, patchSize } from '../../src/model/index.ts';
import { quantize, runFloatModel } from '../../src/quantize/index.ts';
import { smallModel } from './models.ts';

const EIGHT_BITS = { weights: 8, activations: 8, residual: 16 };

function noise(model: Model, count = 6): Uint8Array[] {
  return loadImages({ kind: 'random', count, seed: 11 }, model);
}

function runOn(graph: IntegerGraph, pixels: Uint8Array) {
  return runGolden(graph, encodeImage(graph.input, pixels));
}

/** Root mean square error of each tensor over its root mean square. */
function relativeErrors(model: Model, parameters: Parameters, graph: IntegerGraph) {
  const errors = new Map<string, number>();
  for (const pixels of noise(model)) {
    const codes = runOn(graph, pixels);
    runFloatModel(model, parameters, pixels, (name, data) => {
      const integers = codes.get(name);
      if (!integers) return;
      const { scale } = tensorType(graph, name);
      let [error, power] = [0, 0];
      // The float model normalises and keeps every row that its graph does, in the same order.
      integers.forEach((code, i) => {
        error += (code * scale - (data[i] as number)) ** 2;
        power += (data[i] as number) ** 2;
      });
      errors.set(name, Math.max(errors.get(name) ?? 0, Math.sqrt(error / power)));
    });
  }
  return errors;
}

describe('quantize', () => {
  it.each([
    { pooling: 'class', activation: 'gelu' },
    { pooling: 'mean', activation: 'relu' },
    { pooling: 'mean', activation: 'none' },
  ] as const)('at W8A8 stays close to the float model in every tensor: %o', (options) => {
    const model = smallModel({ ...options, depth: 2, channels: 3 });
    const parameters = randomParameters(model, 5);
    const graph = quantize(model, parameters, noise(model), EIGHT_BITS);
    const errors = relativeErrors(model, parameters, graph);
    const names = graph.nodes.map((node) => node.output.name);
    expect([...errors.keys()]).toEqual(['input', ...names]);
    for (const [name, error] of errors) expect(error, name).toBeLessThan(0.06);
  });

  it('loses accuracy as bits are taken away', () => {
    const model = smallModel();
    const parameters = randomParameters(model, 5);
    const errorAt = (weights: number, activations: number) => {
      const settings = { weights, activations, residual: 16 };
      const graph = quantize(model, parameters, noise(model), settings);
      return relativeErrors(model, parameters, graph).get('logits') as number;
    };
    const [eight, six, four] = [errorAt(8, 8), errorAt(6, 6), errorAt(4, 4)];
    expect(eight).toBeLessThan(six);
    expect(six).toBeLessThan(four);
  });

  it('names nodes and tensors as the contract says, in order', () => {
    const model = smallModel({ pooling: 'mean' });
    const graph = quantize(model, randomParameters(model, 1), noise(model), EIGHT_BITS);
    expect(graph.input.tensor.name).toBe('input');
    expect(graph.nodes.map((node) => `${node.kind} ${node.output.name}`)).toEqual([
      'patchEmbedding embedding',
      'layerNorm block0.attention.norm',
      'linear block0.attention.query',
      'linear block0.attention.key',
      'linear block0.attention.value',
      'scores block0.attention.scores',
      'softmax block0.attention.probabilities',
      'weightedValues block0.attention.weighted',
      'linear block0.attention',
      'layerNorm block0.mlp.norm',
      'linear block0.mlp.linear0',
      'linear block0.mlp',
      'meanPool pool',
      'layerNorm norm',
      'linear logits',
    ]);
    const shapes = parameterShapes(model);
    for (const node of graph.nodes) {
      if ('path' in node) expect(shapes.has(node.path), node.path).toBe(true);
    }
  });

  it('keeps every constant within the limits of its node, for all bit widths', () => {
    for (let bits = 2; bits <= 8; bits++) {
      for (const residual of [8, 16]) {
        const model = smallModel({ pooling: bits % 2 ? 'mean' : 'class' });
        const settings = { weights: 10 - bits, activations: bits, residual };
        const graph = quantize(model, randomParameters(model, bits), noise(model, 2), settings);
        expect(() => check(graph)).not.toThrow();
      }
    }
  });

  it('survives parameters that are all zero', () => {
    const model = smallModel();
    const zeros: Parameters = new Map(
      [...parameterShapes(model)].map(([path, shape]) => [
        path,
        { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
      ]),
    );
    const graph = quantize(model, zeros, noise(model, 1), EIGHT_BITS);
    expect(() => check(graph)).not.toThrow();
    const codes = runOn(graph, noise(model, 1)[0] as Uint8Array);
    expect(new Set(codes.get('logits'))).toEqual(new Set([0]));
  });

  it('gives a channel without weights its bias', () => {
    const model = smallModel();
    const parameters = new Map(randomParameters(model, 5));
    const weight = parameters.get('head.weight')?.data.slice() as Float32Array;
    weight.fill(0, 0, model.width);
    const bias = Float32Array.of(0.75, 0, 0, 0, 0);
    parameters.set('head.weight', { shape: [5, model.width], data: weight });
    parameters.set('head.bias', { shape: [5], data: bias });
    const graph = quantize(model, parameters, noise(model), EIGHT_BITS);
    const head = graph.nodes[graph.nodes.length - 1] as IntegerNode;
    const codes = runOn(graph, noise(model)[0] as Uint8Array);
    const first = codes.get('logits')?.[0] as number;
    expect(first * head.output.scale).toBeCloseTo(0.75, 2);
  });

  it('is deterministic and frozen', () => {
    const model = smallModel();
    const make = () => quantize(model, randomParameters(model, 3), noise(model, 2), EIGHT_BITS);
    const graph = make();
    expect(make()).toEqual(graph);
    expect(Object.isFrozen(graph)).toBe(true);
    expect(Object.isFrozen(graph.nodes)).toBe(true);
    expect(Object.isFrozen(graph.nodes[1]?.output.shape)).toBe(true);
  });

  it('refuses to calibrate on nothing, and on weights that overflow', () => {
    const model = smallModel();
    const parameters = new Map(randomParameters(model, 3));
    expect(() => quantize(model, parameters, [], EIGHT_BITS)).toThrow(/VT301/);
    const shape = [model.width, patchSize(model)];
    parameters.set('patchEmbedding.weight', { shape, data: new Float32Array(256).fill(3e38) });
    expect(() => quantize(model, parameters, noise(model, 1), EIGHT_BITS)).toThrow(
      /VT302.*embedding/,
    );
  });
});
