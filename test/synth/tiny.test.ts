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
  // The coefficients are those of larger engines: see test/plan/resource-model.test.ts.
  for (const [measured, expected] of [
    [report.lut + report.lutram, plan.estimate.lut],
    [report.ff, plan.estimate.ff],
  ] as const) {
    expect(expected / measured).toBeGreaterThan(0.8);
    expect(expected / measured).toBeLessThan(1.2);
  }
}, 1_200_000);
