import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { accuracyOfDesign } from '../../src/accuracy/design.ts';
import { onnxRuntimeFor, prepareOnnx } from '../../src/accuracy/onnxruntime.ts';
import { createRandom } from '../../src/arithmetic/index.ts';
import { type IntegerArray, writeNpz } from '../../src/arrays/index.ts';
import { engine } from '../../src/cli/engine.ts';
import { main } from '../../src/cli/main.ts';
import { compile } from '../../src/compile.ts';
import { fixtureImages, fixtureRecord, importFixture } from '../support/onnx-fixtures.ts';

const root = mkdtempSync(join(tmpdir(), 'vitrum-accuracy-design-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A design beside an `.npz` of 12 images; its place. */
function designWith(name: string, count: number): string {
  const folder = join(root, name);
  mkdirSync(folder);
  const random = createRandom(5);
  const images = Uint8Array.from({ length: 12 * 64 }, () => random.nextInt(0, 255));
  const arrays = new Map<string, IntegerArray>([
    ['images', { shape: [12, 8, 8], data: images }],
    ['labels', { shape: [12], data: Int32Array.from({ length: 12 }, (_, i) => i % 3) }],
  ]);
  writeFileSync(join(folder, 'own.npz'), writeNpz(arrays));
  const file = join(folder, 'own.vit.ts');
  writeFileSync(
    file,
    `import { design, folder, quant, random, vit } from 'vitrum';
export default design({
  name: 'own',
  model: vit({ image: 8, channels: 1, patch: 4, width: 8, depth: 1, heads: 2, mlp: 16, classes: 3 }),
  weights: random({ seed: 1 }),
  quant: quant({ weights: 6, activations: 6, range: 'asymmetric', equalize: true }),
  calibration: folder({ path: './own.npz', count: ${count} }),
  target: { board: 'ulx3s-85f', tile: { inputs: 2, outputs: 2, vector: 2 } },
});
`,
  );
  return file;
}

describe('a design with a folder of images', () => {
  it('is built with frames that were not calibrated with', async () => {
    const { files } = await compile(designWith('build', 8));
    expect(files.map(({ path }) => path)).toContain('samples.npz');
    const manifest = files.find(({ path }) => path === 'vitrum.json');
    const { images } = JSON.parse(String(manifest?.content)) as { images: unknown };
    expect(images).toEqual({ kind: 'samples', path: 'samples.npz' });
  });

  it('is measured on the other images, beside presets and bits', async () => {
    const steps: string[] = [];
    const pictures = join(root, 'pictures');
    const compare = ['minmax', 'minmax', 'mse'];
    const bits = [
      { weights: 8, activations: 8 },
      { weights: 4, activations: 4 },
    ];
    const options = { count: 100, compare, bits, pictures, workers: 1 };
    const found = await accuracyOfDesign(designWith('accuracy', 8), options, ({ state, name }) => {
      if (state === 'done') steps.push(name);
    });
    expect(found).toMatchObject({ design: 'own', images: 4, labelled: 4 });
    expect(found.methods.map(({ name, bits: b }) => `${name} ${b}`)).toEqual([
      ...['design W8A8', 'minmax W8A8', 'mse W8A8'],
      ...['design W4A4', 'minmax W4A4', 'mse W4A4'],
    ]);
    expect(steps).toHaveLength(11);
    expect(found.reference).toBe("Vitrum's float model: the weights are no file");
    expect(found.pictures).toHaveLength(3);
    for (const file of found.pictures) expect(readFileSync(file, 'utf8')).toMatch(/^<svg/);
  });

  it('is measured beside presets with groups', async () => {
    const compare = ['minmax', 'smoothquant-o1'];
    const options = { count: 100, compare, group: 4, bits: [], workers: 1 };
    const { methods } = await accuracyOfDesign(designWith('groups', 8), options);
    expect(methods.map(({ name }) => name)).toEqual([
      ...['design', 'minmax, groups of 4'],
      // One step for all weights is what that preset is.
      'smoothquant-o1',
    ]);
  });

  it('says when no image is left, and when a preset is not known', async () => {
    const file = designWith('all', 12);
    const options = { count: 10, compare: [], bits: [] };
    await expect(accuracyOfDesign(file, options)).rejects.toThrow(/VT226 own.vit.ts:7:3.*--images/);
    let said = '';
    const io = {
      stdout: () => {},
      stderr: (text: string) => {
        said += text;
      },
      env: {},
    };
    expect(await main(['accuracy', file, '--compare', 'magic'], engine, io)).toBe(2);
    expect(said).toContain('There is no preset magic; known are minmax');
    expect(await main(['accuracy', file, '--bits', 'W9A9'], engine, io)).toBe(2);
    expect(said).toContain('W9A9 is not of the form W4A8');
    expect(existsSync(join(root, 'rtl-out'))).toBe(false);
  });
});

describe('a design of a quantized file', () => {
  const fixtures = fileURLToPath(new URL('../import/fixtures/', import.meta.url));
  const designOf = (name: string, epsilon = 1e-6) => {
    const folder = join(root, name);
    mkdirSync(folder);
    for (const file of [`${name}.onnx`, 'images3.npz']) {
      copyFileSync(join(fixtures, file), join(folder, file));
    }
    const path = join(folder, 'own.vit.ts');
    writeFileSync(
      path,
      `import { design, folder, quant, vit } from 'vitrum';
export default design({
  name: 'own',
  model: vit({
    image: 16, channels: 3, patch: 4, width: 24, depth: 2, heads: 3, mlp: 48, classes: 8,
    mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], epsilon: ${epsilon},
  }),
  weights: './${name}.onnx',
  quant: quant.onnx(),
  calibration: folder({ path: './images3.npz', count: 16 }),
  target: { board: 'ulx3s-85f', tile: { inputs: 2, outputs: 2, vector: 2 } },
});
`,
    );
    return path;
  };
  const options = { count: 40, compare: [], bits: [], workers: 2 };

  it('is measured by its own integers, beside ONNX Runtime on the file', async ({ skip }) => {
    const file = join(fixtures, 'ort_int8_channel.onnx');
    const runtime = await onnxRuntimeFor(file);
    if ('reason' in runtime) {
      console.warn(`skipped: ${runtime.reason}`);
      return skip();
    }
    const found = await accuracyOfDesign(designOf('ort_int8_channel'), options);
    expect(found.reference).toBe(`ONNX Runtime ${runtime.version}, graph optimizations off`);
    expect(found).toMatchObject({ images: 40, labelled: 40, float: { top1: 1 } });
    // No preset beside it, unless one is asked for: it would quantize what is quantized.
    expect(found.methods.map(({ name, bits }) => `${name} ${bits}`)).toEqual(['design file']);
    expect(found.methods[0]?.agreement).toBeGreaterThanOrEqual(0.99);
    // Its own logits, as Python's ONNX Runtime gave them.
    const { channels, logits } = fixtureRecord('ort_int8_channel');
    const { model } = importFixture('ort_int8_channel');
    const classify = await prepareOnnx(file, model.image);
    const [image] = fixtureImages(channels).images;
    const own = Array.from(await classify(image ?? new Uint8Array()));
    own.forEach((v, i) => {
      expect(v).toBeCloseTo(logits[0]?.[i] ?? Number.NaN, 4);
    });
  }, 60_000);

  it('is measured beside the float model where ONNX Runtime cannot run the file', async () => {
    const found = await accuracyOfDesign(designOf('brevitas_w8a8-qonnx', 1e-5), options);
    expect(found.reference).toMatch(/^Vitrum's float model: .*(cannot load|not installed)/);
    expect(found.methods[0]?.agreement).toBeGreaterThanOrEqual(0.95);
  }, 60_000);

  it('with signs in the place of activations has no presets beside it', async () => {
    const design = designOf('qonnx_signs', 1e-5);
    const compared = accuracyOfDesign(design, { ...options, compare: ['minmax'] });
    await expect(compared).rejects.toThrow(/VT214 .*BipolarQuant.*Leave out --compare/s);
    const { float, methods } = await accuracyOfDesign(design, options);
    // The float model has the signs, too: the first of them is seldom another.
    expect(float.top1).toBeGreaterThan(0.5);
    const norm = methods[0]?.layers.find(({ layer }) => layer === 'block1.attention.norm');
    expect(norm?.decibels).toBeGreaterThan(10);
  }, 60_000);
});

describe('vitrum quantize --list', () => {
  it('prints every preset', async () => {
    let text = '';
    const io = {
      stdout: (part: string) => {
        text += part;
      },
      stderr: () => {},
      env: {},
    };
    expect(await main(['quantize', '--list'], engine, io)).toBe(0);
    expect(text).toMatch(/^smoothquant {2}.+arXiv 2211\.10438$/m);
    expect(text.trim().split('\n').length).toBeGreaterThan(15);
  });
});
