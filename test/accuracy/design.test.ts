import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accuracyOfDesign } from '../../src/accuracy/design.ts';
import { createRandom } from '../../src/arithmetic/index.ts';
import { type IntegerArray, writeNpz } from '../../src/arrays/index.ts';
import { engine } from '../../src/cli/engine.ts';
import { main } from '../../src/cli/main.ts';
import { compile } from '../../src/compile.ts';

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
    expect(steps).toHaveLength(10);
    expect(found.pictures).toHaveLength(3);
    for (const file of found.pictures) expect(readFileSync(file, 'utf8')).toMatch(/^<svg/);
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
      interactive: false,
      env: {},
    };
    expect(await main(['accuracy', file, '--compare', 'magic'], engine, io)).toBe(2);
    expect(said).toContain('There is no preset magic; known are minmax');
    expect(await main(['accuracy', file, '--bits', 'W9A9'], engine, io)).toBe(2);
    expect(said).toContain('W9A9 is not of the form W4A8');
    expect(existsSync(join(root, 'rtl-out'))).toBe(false);
  });
});

describe('vitrum quantize --list', () => {
  it('prints every preset', async () => {
    let text = '';
    const io = {
      stdout: (part: string) => {
        text += part;
      },
      stderr: () => {},
      interactive: false,
      env: {},
    };
    expect(await main(['quantize', '--list'], engine, io)).toBe(0);
    expect(text).toMatch(/^smoothquant {2}.+arXiv 2211\.10438$/m);
    expect(text.trim().split('\n').length).toBeGreaterThan(15);
  });
});
