import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { packed, recordsOf } from '../../examples/cifar10/records.ts';
import { loadDesign } from '../../src/dsl/load.ts';
import { argMax, encodeImage, goldenResult, prepareGolden } from '../../src/golden/index.ts';
import { loadImages, readNpzImages, splitImages } from '../../src/images/index.ts';
import { importParameters } from '../../src/import/index.ts';
import { parameterShapes } from '../../src/model/index.ts';
import { quantize } from '../../src/quantize/index.ts';

const example = fileURLToPath(new URL('../../examples/cifar10/', import.meta.url));
const images = existsSync(join(example, 'images/test.npz'));
if (!images) {
  console.warn('SKIPPED: no examples/cifar10/images, so no image of CIFAR-10 is classified');
}

describe('the CIFAR-10 example', () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-cifar10-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('reads records of a class and three planes', () => {
    const bytes = Uint8Array.from({ length: 2 * 3073 }, (_, i) => (i % 3073 === 0 ? 7 : i % 251));
    bytes[3073] = 3;
    const records = recordsOf(bytes, 'batch');
    expect(records.labels).toEqual([7, 3]);
    // Red, green and blue of the first pixel, and of the one below it, 32 bytes later.
    expect([...records.pixels.subarray(0, 3)]).toEqual([1, 1025 % 251, 2049 % 251]);
    expect(records.pixels[3 * 32]).toBe(33);
    const file = join(root, 'images.npz');
    writeFileSync(file, packed(records, [1]));
    const [image] = readNpzImages(file);
    expect(image).toMatchObject({ height: 32, width: 32, channels: 3, label: 3 });
    expect(image?.pixels[0]).toBe(3074 % 251);
  });

  it('refuses what is no record', () => {
    expect(() => recordsOf(new Uint8Array(3072), 'a')).toThrow('a holds 3072 bytes');
    expect(() => recordsOf(new Uint8Array(3073).fill(10), 'a')).toThrow('a has a class 10');
  });

  it('has the weights of its design', async () => {
    const { design, folder } = await loadDesign(join(example, 'cifar10.vit.ts'));
    const parameters = importParameters(design.model, design.weights, folder);
    for (const [path, shape] of parameterShapes(design.model)) {
      expect(parameters.get(path)?.shape, path).toEqual(shape);
    }
  });

  it.skipIf(!images)(
    'classifies test images',
    async () => {
      const { design, folder } = await loadDesign(join(example, 'cifar10.vit.ts'));
      const { model } = design;
      const parameters = importParameters(model, design.weights, folder);
      const calibration = loadImages({ ...design.calibration, count: 8 }, model, undefined, folder);
      const graph = quantize(model, parameters, calibration, design.quant);
      const run = prepareGolden(graph, 'result');
      const tests = splitImages(readNpzImages(join(example, 'images/test.npz')), 24).chosen;
      const right = tests.filter(
        ({ pixels, label }) =>
          argMax(goldenResult(graph, run(encodeImage(graph.input, pixels)))) === label,
      );
      expect(right.length).toBeGreaterThan(12);
    },
    60_000,
  );
});
