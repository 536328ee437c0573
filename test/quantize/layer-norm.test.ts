import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/index.ts';
import { encodeImage, runGolden } from '../../src/golden/index.ts';
import { loadImages } from '../../src/images/index.ts';
import { randomParameters } from '../../src/import/index.ts';
import type { LayerNormNode } from '../../src/ir/index.ts';
import { quantize, runFloatModel } from '../../src/quantize/index.ts';
import { smallModel } from './models.ts';

const SETTINGS = { weights: 8, activations: 8, residual: 16 };
const FIRST = 'block0.attention.norm';
const model = smallModel();
const images = loadImages({ kind: 'random', count: 6, seed: 11 }, model);

/** The model with the row of its class token times a factor: its variance times the square. */
function quantized(factor: number) {
  const parameters = new Map(randomParameters(model, 3));
  for (const path of ['classToken', 'positionEmbedding']) {
    const { shape, data } = parameters.get(path) ?? { shape: [], data: new Float32Array() };
    const scaled = data.map((v, i) => (i < model.width ? v * factor : v));
    parameters.set(path, { shape, data: scaled });
  }
  const graph = quantize(model, parameters, images, SETTINGS);
  check(graph);
  const node = graph.nodes.find(({ output }) => output.name === FIRST) as LayerNormNode;
  return { parameters, graph, node };
}

/** Decibels of the first LayerNorm's class token, and of its patches. */
function decibels({ parameters, graph, node }: ReturnType<typeof quantized>) {
  const rows = { token: [0, 0], patches: [0, 0] };
  for (const pixels of images) {
    const codes = runGolden(graph, encodeImage(graph.input, pixels)).get(FIRST) ?? [];
    runFloatModel(model, parameters, pixels, (name, data) => {
      if (name !== FIRST) return;
      data.forEach((x, i) => {
        const sums = i < model.width ? rows.token : rows.patches;
        sums[0] = (sums[0] as number) + x * x;
        sums[1] = (sums[1] as number) + (x - (codes[i] ?? 0) * node.output.scale) ** 2;
      });
    });
  }
  const of = ([signal = 0, noise = 0]: number[]) => 10 * Math.log10(signal / noise);
  return { token: of(rows.token), patches: of(rows.patches) };
}

describe('LayerNorm of rows whose variances differ', () => {
  it('keeps 512 entries where they are of one size', () => {
    expect(quantized(1).node.table).toHaveLength(512);
  });

  it('takes more entries where the class token has hundreds of times less', () => {
    const found = quantized(1 / 16);
    expect(found.node.table.length).toBeGreaterThan(512);
    const { token, patches } = decibels(found);
    expect(token).toBeGreaterThan(28);
    expect(patches).toBeGreaterThan(28);
  });

  it.each([100, 300])('is right for a class token %i times smaller than the patches', (factor) => {
    const found = quantized(1 / factor);
    expect(found.node.table).toHaveLength(4096);
    const { token, patches } = decibels(found);
    expect(token).toBeGreaterThan(20);
    expect(patches).toBeGreaterThan(28);
  });
});
