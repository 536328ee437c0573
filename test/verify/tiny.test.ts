import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/compile.ts';
import { writeFolder } from '../../src/emit/index.ts';
import { lint, type SimulatedFrame, simulate, simulateIcarus } from '../../src/verify/index.ts';
import { optionalTool } from '../../src/verify/verilator.ts';

const verilator = await optionalTool('verilator');
const icarus = await optionalTool('iverilog');
if (verilator === undefined)
  console.warn('Verilator is absent: the simulation of examples/tiny is skipped');
if (icarus === undefined)
  console.warn('Icarus Verilog is absent: its simulation of examples/tiny is skipped');

const design = fileURLToPath(new URL('../../examples/tiny/tiny.vit.ts', import.meta.url));
const options = { images: 4, stalls: true, seed: 7, trace: false };

let base = '';
let folder = '';
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'vitrum-tiny-'));
  folder = join(base, 'tiny');
  writeFolder(folder, (await compile(design)).files);
}, 60_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A copy of the build folder with one bit of a memory word turned over. */
function mutated(name: string, file: string, word: number): string {
  const copy = join(base, name);
  cpSync(folder, copy, { recursive: true });
  const path = join(copy, file);
  const lines = readFileSync(path, 'utf8').split('\n');
  const words = lines.flatMap((text, i) => (/^[0-9a-f]+$/.test(text) ? [i] : []));
  const line = words[word] ?? -1;
  const text = lines[line];
  if (text === undefined) throw new Error(`${file} has no word ${word}`);
  lines[line] = (Number.parseInt(text.slice(0, 1), 16) ^ 4).toString(16) + text.slice(1);
  writeFileSync(path, lines.join('\n'));
  return copy;
}

describe.skipIf(verilator === undefined)('examples/tiny', { timeout: 300_000 }, () => {
  test('has no lint', async () => {
    expect(await lint(folder)).toEqual({ warnings: [] });
  });

  test('equals the golden model in every layer, with stalls and in the predicted cycles', async () => {
    const frames: SimulatedFrame[] = [];
    const report = await simulate(folder, { ...options, onFrame: (f) => frames.push(f) });
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({ ok: true, mismatches: 0, images: 4, frames: 8, agreement: 1 });
    expect(report.cyclesPerFrame).toBe(report.predictedCyclesPerFrame);
    expect(report.latencyCycles).toBe(report.predictedLatencyCycles);
    // Every tensor of the graph: its nodes' outputs.
    expect(report.layersCompared).toBe(14);
    expect(report.valuesCompared).toBeGreaterThan(8 * 500);
    expect(frames.map((f) => f.index)).toEqual([0, 1, 2, 3]);
    expect(frames.every((f) => f.predicted === f.golden && f.mismatches === 0)).toBe(true);
  });

  test.each([
    ['block0.mlp.linear0', 'mem/block0.mlp.linear0.weight.mem', 0],
    ['block0.attention.value', 'mem/block0.attention.value.weight.mem', 3],
  ])('one bit of the weights of %s turned over is found there', async (layer, file, line) => {
    const report = await simulate(mutated(layer, file, line), { ...options, stalls: false });
    expect(report.ok).toBe(false);
    expect(report.mismatches).toBeGreaterThan(0);
    expect(report.first?.layer).toBe(layer);
    expect(report.first?.trace).toBe('trace/first-mismatch.fst');
  });
});

describe.skipIf(icarus === undefined)(
  'examples/tiny in Icarus Verilog',
  { timeout: 120_000 },
  () => {
    test('equals the golden model, without an unknown bit', async () => {
      const report = await simulateIcarus(folder, { images: 3, seed: 7 });
      expect(report).toMatchObject({ ok: true, frames: 3, valuesCompared: 9, failures: [] });
    });

    test('a bit of the weights turned over is found', async () => {
      const copy = mutated('icarus', 'mem/head.weight.mem', 0);
      expect((await simulateIcarus(copy, { images: 3, seed: 7 }))?.mismatches).toBeGreaterThan(0);
    });
  },
);
