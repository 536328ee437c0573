import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { compile } from '../../src/compile.ts';
import { readManifest, writeFolder } from '../../src/emit/index.ts';
import { synthesize } from '../../src/synth/index.ts';

const base = mkdtempSync(join(tmpdir(), 'vitrum-synth-tiny-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

test('examples/tiny synthesizes without a latch or a faulty net, near the estimate', async () => {
  const folder = join(base, 'tiny');
  const design = fileURLToPath(new URL('../../examples/tiny/tiny.vit.ts', import.meta.url));
  const { plan, files } = await compile(design);
  writeFolder(folder, files);
  const { top, family, files: names } = readManifest(folder);
  const report = await synthesize({ folder, files: names.verilog, top, family });
  expect(report.faults).toEqual([]);
  expect(report.latches).toBe(0);
  expect(report.dsp).toBe(plan.estimate.dsp);
  expect(report.bram36).toBe(plan.estimate.bram36);
  // An estimate: within 40 % is what the planner relies on for so small a design.
  const luts = report.lut + report.lutram;
  expect(luts / plan.estimate.lut).toBeGreaterThan(0.6);
  expect(luts / plan.estimate.lut).toBeLessThan(1.4);
}, 1_200_000);
