import { describe, expect, test } from 'vitest';
import { DiagnosticsError, formatDiagnostic } from '../../src/diagnostics/index.ts';
import { loadAnyDesign, loadDesign } from '../../src/dsl/load.ts';
import { write } from './support.ts';

const settings = {
  name: `'little'`,
  manifest: `'./m.json'`,
  images: `arrays({ file: 's.npz', pixels: 'rgb', labels: 'label' })`,
  target: `{ board: 'icebreaker' }`,
};

/** One setting a line: `name` on line 3, `manifest` on 4, `images` on 5, `target` on 6. */
function source(change: Partial<Record<string, string>> = {}): string {
  const lines = Object.entries({ ...settings, ...change })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name}: ${value},`);
  return [
    "import { arrays, integerDesign, manifest, mnist, noise } from 'vitrum';",
    'export default integerDesign({',
    ...lines,
    '});',
  ].join('\n');
}

async function said(change: Partial<Record<string, string>>): Promise<string[]> {
  try {
    await loadAnyDesign(write({ 'my.vit.ts': source(change) }));
  } catch (error) {
    if (error instanceof DiagnosticsError) return error.diagnostics.map(formatDiagnostic);
    throw error;
  }
  return [];
}

describe('integerDesign', () => {
  test('keeps what it was given, with places', async () => {
    const file = write({
      'my.vit.ts': source({ manifest: `manifest({ file: './m.json', whenMissing: 'Make it.' })` }),
    });
    const { design } = await loadAnyDesign(file);
    expect(design).toMatchObject({
      kind: 'integerDesign',
      name: 'little',
      manifest: { file: './m.json', whenMissing: 'Make it.' },
      images: { kind: 'arrays', parts: [{ file: 's.npz', pixels: 'rgb', labels: 'label' }] },
      places: { manifest: { file: 'my.vit.ts', line: 4, column: 3 } },
    });
    expect(Object.isFrozen(design)).toBe(true);
  });

  test('takes a path for the manifest, and noise for images', async () => {
    const { design } = await loadAnyDesign(
      write({ 'my.vit.ts': source({ images: 'noise({ count: 2, seed: 3 })' }) }),
    );
    expect(design).toMatchObject({
      manifest: { file: './m.json' },
      images: { kind: 'random', count: 2, seed: 3 },
    });
  });

  test('is no design of a float model', async () => {
    const file = write({ 'my.vit.ts': source() });
    await expect(loadDesign(file)).rejects.toThrow(/VT124/);
  });

  test.each([
    [{ manifest: `'./m.onnx'` }, 'VT115 my.vit.ts:4:3: manifest is "./m.onnx".'],
    [{ manifest: 'manifest({ file: 1 })' }, 'VT115 my.vit.ts:4:24: file is 1.'],
    [{ manifest: `manifest({ file: 'm.json', hint: '' })` }, 'VT104 my.vit.ts:4:40: manifest()'],
    [{ images: 'mnist({ count: 3 })' }, 'VT116 my.vit.ts:5:3: images is the result of mnist().'],
    [{ images: 'arrays()' }, 'VT116 my.vit.ts:5:11: arrays() was given no file.'],
    [{ images: `arrays({ file: 's.npz' })` }, 'with neither of pixels and codes.'],
    [
      { images: `arrays({ file: 's.npz', pixels: 'a', codes: 'b' })` },
      'with both of pixels and codes.',
    ],
    [
      { images: `arrays({ file: 's.png', pixels: 'a' })` },
      'VT103 my.vit.ts:5:20: file is "s.png".',
    ],
    [{ name: `'module'` }, 'VT109 my.vit.ts:3:3'],
    [{ target: `{ board: '' }` }, 'VT103 my.vit.ts:6:13'],
    [{ quant: '8' }, 'VT104 my.vit.ts:7:3'],
  ])('says what is wrong with %o', async (change, message) => {
    const faults = await said(change);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  test('says all faults at once', async () => {
    const faults = await said({ name: '1', manifest: '2', images: 'arrays()', target: '{}' });
    expect(faults.map((f) => f.slice(0, 5)).sort()).toEqual(['VT105', 'VT109', 'VT115', 'VT116']);
  });
});
