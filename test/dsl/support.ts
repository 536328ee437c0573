import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { type Diagnostic, DiagnosticsError, formatPlace } from '../../src/diagnostics/index.ts';
import { loadDesign } from '../../src/dsl/load.ts';

const root = mkdtempSync(path.join(tmpdir(), 'vitrum-dsl-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

/** Writes files into a new folder outside of the project and gives the path of the first. */
export function write(files: Readonly<Record<string, string>>): string {
  const folder = path.join(root, `design${folders++}`);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return path.join(folder, Object.keys(files)[0] ?? '');
}

/** The settings of a small legal design, for a test to change one of them. */
export const settings = {
  name: `'little'`,
  model: `vit({ image: 8, channels: 1, patch: 4, width: 8, depth: 2, heads: 2, classes: 3 })`,
  weights: `random({ seed: 1 })`,
  quant: `quant.minmax({ weights: 4, activations: 4 })`,
  calibration: `noise({ count: 4, seed: 1 })`,
  target: `{ board: 'icebreaker' }`,
};

/**
 * A design file, one setting a line: `name` stands on line 3, `model` on 4, and so on; a setting's
 * value begins at column 3 + length of its name + 2. `undefined` leaves a setting out.
 */
export function source(change: Partial<Record<string, string | undefined>> = {}): string {
  const lines = Object.entries({ ...settings, ...change })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name}: ${value},`);
  const imports = 'attention, deit, design, encoder, gelu, layerNorm, linear, mnist, noise';
  return [
    `import { ${imports}, onnx, quant, random, relu, residual, vit } from 'vitrum';`,
    'export default design({',
    ...lines,
    '});',
    '',
  ].join('\n');
}

/** The diagnostics that loading throws; fails on anything else. */
export async function faultsOf(file: string): Promise<readonly Diagnostic[]> {
  try {
    await loadDesign(file);
  } catch (error) {
    if (error instanceof DiagnosticsError) return error.diagnostics;
    throw error;
  }
  return [];
}

/** `VT101 my.vit.ts:4:5` for each diagnostic. */
export async function codesOf(file: string): Promise<readonly string[]> {
  const faults = await faultsOf(file);
  return faults.map((d) =>
    `${d.code} ${d.place ? formatPlace(d.place) : (d.subject ?? '')}`.trim(),
  );
}
