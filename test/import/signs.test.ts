import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signalToNoise } from '../../src/accuracy/signal-to-noise.ts';
import { check } from '../../src/check/index.ts';
import { encodeImage, runGolden } from '../../src/golden/index.ts';
import { randomImages } from '../../src/images/random.ts';
import { importWeights, keepQuantization, randomParameters } from '../../src/import/index.ts';
import type { IntegerGraph, IntegerNode, TensorType } from '../../src/ir/index.ts';
import { gelu, runFloatModel } from '../../src/quantize/index.ts';
import { smallModel } from '../quantize/models.ts';
import type { OnnxBuilder } from '../support/onnx-builder.ts';
import {
  decibelsOf,
  fixtureImages,
  fixtureRecord,
  importFixture,
} from '../support/onnx-fixtures.ts';
import { folder } from './harness.ts';
import { TIMM, vitGraph } from './vit-graph.ts';

/*
 * Tensors of which a file keeps the signs alone: of the last block everything but the probabilities,
 * and what the head reads. Nothing else is quantized in it but weights.
 */

const SETTINGS = { weights: 8, activations: 8, residual: 16, fromFile: true } as const;
const { model, parameters, encoder } = importFixture('qonnx_signs');
const { images } = fixtureImages(3);
const graph = keepQuantization(encoder, model, parameters, images.slice(0, 16), SETTINGS);

const SIGNS = [
  ...['norm', 'query', 'key', 'value', 'weighted'].map((part) => `block1.attention.${part}`),
  ...['block1.mlp.norm', 'block1.mlp.linear0', 'norm'],
];

const data = (path: string) => parameters.get(path)?.data ?? new Float32Array();

/** Real values of the codes of a tensor. */
function real(
  codes: ReadonlyMap<string, ArrayLike<number>>,
  { name, scale, zeroPoint }: TensorType,
) {
  return Array.from(codes.get(name) ?? [], (code) => (code - (zeroPoint ?? 0)) * scale);
}

/** What a node computes before its signs are taken, in floats, from the values that it reads. */
function before(
  node: IntegerNode,
  typeOf: (name: string) => TensorType,
  codes: ReadonlyMap<string, ArrayLike<number>>,
) {
  const values = (name: string) => real(codes, typeOf(name));
  if (node.kind === 'layerNorm') {
    const path = node.path.replace('.weight', '');
    const x = values(node.input).slice(0, node.rows * model.width);
    return x.map((_, i) => {
      const row = x.slice(i - (i % model.width), i - (i % model.width) + model.width);
      const mean = row.reduce((a, b) => a + b, 0) / row.length;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
      const c = i % model.width;
      const normal = ((x[i] ?? 0) - mean) / Math.sqrt(variance + model.epsilon);
      return normal * (data(`${path}.weight`)[c] ?? 0) + (data(`${path}.bias`)[c] ?? 0);
    });
  }
  if (node.kind === 'linear') {
    const path = node.path.replace('.weight', '');
    const [weight, bias, x] = [data(`${path}.weight`), data(`${path}.bias`), values(node.input)];
    const width = weight.length / bias.length;
    return Array.from({ length: (x.length / width) * bias.length }, (_, i) => {
      const [row, n] = [Math.floor(i / bias.length), i % bias.length];
      let sum = bias[n] ?? 0;
      for (let k = 0; k < width; k++)
        sum += (weight[n * width + k] ?? 0) * (x[row * width + k] ?? 0);
      return sum;
    });
  }
  if (node.kind !== 'weightedValues') throw new Error(`${node.kind} gives no signs`);
  const [p, v] = [codes.get(node.probability) ?? [], codes.get(node.value) ?? []];
  const [tokens = 0, channels = 0] = node.output.shape;
  const size = channels / node.heads;
  // Of integers: sums that are 0 count.
  return Array.from({ length: tokens * channels }, (_, i) => {
    const [row, c] = [Math.floor(i / channels), i % channels];
    const head = Math.floor(c / size);
    let sum = 0;
    for (let t = 0; t < tokens; t++) {
      sum += (p[(head * tokens + row) * tokens + t] ?? 0) * (v[t * channels + c] ?? 0);
    }
    return sum;
  });
}

function typesOf({ input, nodes }: IntegerGraph) {
  const all = new Map([input.tensor, ...nodes.map(({ output }) => output)].map((t) => [t.name, t]));
  return (name: string) => {
    const type = all.get(name);
    if (!type) throw new Error(`no tensor ${name}`);
    return type;
  };
}

describe('signs in the place of data', () => {
  it('are those of QONNX in the float model', () => {
    const { logits } = fixtureRecord('qonnx_signs');
    const found = logits.flatMap((_, i) => [
      ...runFloatModel(model, parameters, images[i] as Uint8Array),
    ]);
    expect(decibelsOf(found, logits.flat())).toBeGreaterThan(100);
  });

  it('are two codes of two bits', () => {
    check(graph);
    const codes = runGolden(graph, encodeImage(graph.input, images[20] as Uint8Array));
    const typeOf = typesOf(graph);
    for (const name of SIGNS) {
      const { format, scale, zeroPoint = 0 } = typeOf(name);
      expect(format.bits).toBe(2);
      const magnitude = parameters.get(`${name}.sign`)?.data[0] ?? Number.NaN;
      const values = [...new Set(codes.get(name))].map((code) => (code - zeroPoint) * scale);
      expect(values.sort((a, b) => a - b)).toEqual([
        expect.closeTo(-magnitude, 6),
        expect.closeTo(magnitude, 6),
      ]);
    }
  });

  it.each(SIGNS)('%s are those of what the node computes', (name) => {
    const node = graph.nodes.find(({ output }) => output.name === name);
    if (!node) throw new Error(`no node ${name}`);
    const typeOf = typesOf(graph);
    let [compared, all] = [0, 0];
    for (const pixels of images.slice(20, 24)) {
      const codes = runGolden(graph, encodeImage(graph.input, pixels));
      const signs = real(codes, node.output).map((v) => (v >= 0 ? 1 : -1));
      const values = before(node, typeOf, codes);
      // Means and reciprocal roots are rounded, and biases to a step of the sums.
      const least = node.kind === 'weightedValues' ? 0 : 2e-3;
      signs.forEach((sign, i) => {
        const value = values[i] as number;
        all++;
        if (Math.abs(value) < least) return;
        compared++;
        if (sign !== (value >= 0 ? 1 : -1)) throw new Error(`${name}[${i}]: ${sign} of ${value}`);
      });
    }
    expect(compared / all).toBeGreaterThan(0.98);
  });
});

describe('signs of scores and around an activation', () => {
  const model = smallModel({ side: 8, width: 16, hidden: 24, classes: 3, depth: 2 });
  const wanted = randomParameters(model, 9);
  const pixels = randomImages({ count: 6, seed: 3 }, model.image).map((image) => image.pixels);
  const signs = (...places: readonly string[]) => {
    const magnitude = (graph: OnnxBuilder) => graph.float([], [0.75]);
    const { graph, output } = vitGraph(model, wanted, TIMM, (place, tensor, graph) =>
      places.includes(place)
        ? graph.node('qonnx.custom_op.general:BipolarQuant', [tensor, magnitude(graph)])
        : tensor,
    );
    const { height, width, channels } = model.image;
    writeFileSync(
      join(folder, 'signs.onnx'),
      graph.bytes(output, { input: ['n', channels, height, width] }),
    );
    const source = { kind: 'onnx', file: 'signs.onnx' } as const;
    const { parameters, encoder } = importWeights(model, source, folder, true);
    if (!encoder) throw new Error('the file is not quantized');
    const kept = keepQuantization(encoder, model, parameters, pixels, SETTINGS);
    check(kept);
    return { graph: kept, noise: signalToNoise(model, parameters, kept, pixels) };
  };
  const tableOf = ({ nodes }: IntegerGraph, name: string) => {
    const node = nodes.find(({ output }) => output.name === name);
    return node?.kind === 'linear' ? Array.from(node.epilogue.table ?? []) : [];
  };

  // One sign in a hundred that is another makes 14 dB, one in ten 4 dB.
  it.each([
    ['block0.attention.scores', 'block0.attention.scores'],
    ['block0.mlp.pre', 'block0.mlp.linear0'],
    ['block1.mlp.act', 'block1.mlp.linear0'],
  ])('%s', (place, tensor) => {
    const { noise } = signs(place);
    expect(noise.find(({ layer }) => layer === tensor)?.decibels).toBeGreaterThan(12);
  });

  it('are a table of two codes', () => {
    const { graph } = signs('block0.mlp.pre', 'block1.mlp.act');
    const [below = 0, others = 0] = tableOf(graph, 'block0.mlp.linear0');
    expect(others / below).toBeCloseTo(gelu(0.75) / gelu(-0.75), 0);
    expect(tableOf(graph, 'block1.mlp.linear0')).toEqual([-1, 1]);
  });

  it('are refused where the residual stream would have them', () => {
    expect(() => signs('block0.mlp')).toThrow(/VT214 .*\(BipolarQuant\) keeps the signs alone/s);
    expect(() => signs('block0.mlp', 'block1.mlp.act')).toThrow(/VT214/);
  });
});
