import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadDesign } from '../../src/dsl/load.ts';
import { argMax, encodeImage, goldenResult, prepareGolden } from '../../src/golden/index.ts';
import { loadImages, loadLabelled } from '../../src/images/index.ts';
import { importWeights, keepQuantization } from '../../src/import/index.ts';
import type { LinearNode } from '../../src/ir/index.ts';

const folder = fileURLToPath(new URL('../../examples/mnist/quantized/', import.meta.url));

interface Record {
  readonly bits: readonly [number, number];
  readonly images: number;
  readonly accuracy: { readonly torch: number; readonly onnxruntime: number };
  readonly classes: string;
}

describe.each(['w4a4', 'w8a8'])('MNIST trained with quantizers, %s', (name) => {
  const record = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Record;

  it('was measured on the whole test set', () => {
    expect(record.images).toBe(10_000);
    expect(record.classes).toMatch(/^\d{10000}$/);
    expect(record.accuracy.torch).toBeGreaterThan(0.99);
    expect(Math.abs(record.accuracy.torch - record.accuracy.onnxruntime)).toBeLessThan(0.001);
  });

  it('gives the same integers in both forms, of the bits that it was trained for', async () => {
    const { design } = await loadDesign(join(folder, `${name}.vit.ts`));
    const { model, quant } = design;
    const images = loadImages({ kind: 'mnist', count: 4, split: 'train' }, model);
    const graphs = ['qcdq', 'qonnx'].map((form) => {
      const source = { kind: 'onnx', file: `${name}-${form}.onnx` } as const;
      const { parameters, encoder } = importWeights(model, source, folder, true);
      if (!encoder) throw new Error('the file is not quantized');
      return keepQuantization(encoder, model, parameters, images, quant);
    });
    const [graph, other] = graphs;
    if (!graph || !other) throw new Error('there are two forms');
    expect(JSON.stringify(other)).toBe(JSON.stringify(graph));
    const inner = graph.nodes.filter(
      (node): node is LinearNode => node.kind === 'linear' && node.output.name !== 'logits',
    );
    expect(inner).toHaveLength(24);
    const [weightBits] = record.bits;
    for (const node of inner) {
      expect(node.weightFormat.bits).toBeLessThanOrEqual(weightBits);
      expect(new Set(node.weight).size).toBeGreaterThan(2 ** weightBits / 2);
    }
    // Digits that it has not seen.
    const run = prepareGolden(graph, 'result');
    const digits = loadLabelled({ kind: 'mnist', count: 20, split: 'test' }, model);
    const right = digits.filter(
      ({ pixels, label }) =>
        argMax(goldenResult(graph, run(encodeImage(graph.input, pixels)))) === label,
    );
    expect(right.length).toBeGreaterThanOrEqual(19);
  }, 60_000);
});
