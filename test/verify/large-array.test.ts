import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../bench/support/build-graph.ts';
import { writeFolder } from '../../src/emit/index.ts';
import { readManifest } from '../../src/emit/read-manifest.ts';
import { memoryMap, productsPerCycle } from '../../src/plan/index.ts';
import { simulate } from '../../src/verify/index.ts';
import { randomGraph } from '../support/random-graph.ts';
import { hasVerilator } from '../support/verilate.ts';

const graph = randomGraph({
  ...{ depth: 2, width: 64, heads: 2, tokens: 26, hidden: 128, classes: 20, patch: 4 },
  ...{ weightBits: 4, activationBits: 4, pooling: 'mean' },
});
const tile = { tokens: 2, inputs: 32, outputs: 16, vector: 16 };
const target = { board: 'vck190', tile, weights: 'external', weightBus: 256 } as const;

describe.skipIf(!hasVerilator)('an array of 1024 multipliers with external weights', () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-large-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('equals the golden model in two blocks, in the predicted cycles and with stalls', async () => {
    const { plan, files } = buildGraph(graph, { ...target, multipliers: 'double' }, 5);
    writeFolder(root, files);
    expect(productsPerCycle(plan.shape)).toBe(1024);
    expect(readManifest(root).weights?.bytes).toBeGreaterThan(30_000);
    const report = await simulate(root, { images: 3, stalls: true, seed: 11, trace: false });
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({ ok: true, mismatches: 0, frames: 6 });
    expect(report.cyclesPerFrame).toBe(report.predictedCyclesPerFrame);
  }, 1_200_000);
});

describe.skipIf(!hasVerilator)('memories that are cut into segments', () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-segments-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('hold what the golden model has', async () => {
    const deep = randomGraph({ tokens: 150, width: 16, hidden: 128, heads: 2, family: 'table' });
    const { plan, files } = buildGraph(
      deep,
      { board: 'zcu102', tile: { tokens: 1, inputs: 8, outputs: 8, vector: 4 } },
      5,
    );
    writeFolder(root, files);
    const cut = memoryMap(plan.parameters, plan.board).memories.filter(({ segments }) => segments);
    expect(cut.map(({ name }) => name)).toContain('activations');
    const report = await simulate(root, { images: 2, stalls: false, seed: 4, trace: false });
    expect(report).toMatchObject({ ok: true, mismatches: 0, failures: [] });
  }, 1_200_000);
});
