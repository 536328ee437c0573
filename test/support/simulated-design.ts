import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../bench/support/build-graph.ts';
import type { Target } from '../../src/dsl/design.ts';
import { writeFolder } from '../../src/emit/index.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import type { Plan } from '../../src/plan/index.ts';
import { lint, simulate, simulateIcarus } from '../../src/verify/index.ts';
import { hasIcarus, hasVerilator } from './verilate.ts';

/** A design in a build folder of its own. */
export interface BuiltDesign {
  readonly plan: Plan;
  readonly folder: string;
}

type DesignBuilder = (graph: IntegerGraph, target: Target) => BuiltDesign;

/** Tests that simulate designs of their own: left out, with a word of it, where Verilator is absent. */
export function describeSimulated(what: string, tests: (build: DesignBuilder) => void): void {
  if (!hasVerilator) console.warn(`Verilator is absent: ${what} are not simulated`);
  describe.skipIf(!hasVerilator)(what, { timeout: 600_000 }, () => tests(designBuilder()));
}

/** Builds designs for the tests of the block that calls it; their folders go when those are over. */
function designBuilder(): DesignBuilder {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-designs-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let count = 0;
  return (graph, target) => {
    const { plan, files } = buildGraph(graph, target, 3);
    const folder = join(root, String(count++));
    writeFolder(folder, files);
    return { plan, folder };
  };
}

export async function expectNoLint({ folder }: BuiltDesign): Promise<void> {
  expect(await lint(folder)).toEqual({ warnings: [] });
}

/**
 * Every value of every layer is that of the golden model, without stalls in the predicted cycles,
 * and with stalls.
 */
export async function expectEqual({ folder }: BuiltDesign): Promise<void> {
  const report = await simulate(folder, { images: 3, stalls: true, seed: 5, trace: false });
  expect(report.failures).toEqual([]);
  expect(report).toMatchObject({ ok: true, mismatches: 0, frames: 6 });
  expect(report.cyclesPerFrame).toBe(report.predictedCyclesPerFrame);
  expect(report.latencyCycles).toBe(report.predictedLatencyCycles);
}

/** In Icarus the results are those of the golden model, too, and none has an unknown bit. */
export function testInIcarus(build: () => BuiltDesign): void {
  test.skipIf(!hasIcarus)('are the same in Icarus Verilog', async () => {
    const { folder } = build();
    expect(await simulateIcarus(folder, { images: 3, seed: 7 })).toMatchObject({ failures: [] });
  });
}

/** A file of a build folder's `rtl`, and what is put in the place of a text that it has. */
export type Change = readonly [file: string, from: string, to: string];

/** With a change of its Verilog the design gives other values than the golden model. */
export async function expectFound(
  { folder }: BuiltDesign,
  [file, from, to]: Change,
): Promise<void> {
  const path = join(folder, 'rtl', file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
  // A waveform of the difference would have the bench compiled once more.
  const once = { images: 1, stalls: false, trace: false, traceMismatch: false };
  const report = await simulate(folder, { ...once, seed: 5 });
  expect(report.ok).toBe(false);
  expect(report.mismatches).toBeGreaterThan(0);
}
