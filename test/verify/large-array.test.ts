import { expect, test } from 'vitest';
import { readManifest } from '../../src/emit/read-manifest.ts';
import { memoryMap, productsPerCycle } from '../../src/plan/index.ts';
import { randomGraph } from '../support/random-graph.ts';
import { describeSimulated, expectEqual } from '../support/simulated-design.ts';

const graph = randomGraph({
  ...{ depth: 2, width: 64, heads: 2, tokens: 26, hidden: 128, classes: 20, patch: 4 },
  ...{ weightBits: 4, activationBits: 4, pooling: 'mean' },
});
const tile = { tokens: 2, inputs: 32, outputs: 16, vector: 16 };
const target = { board: 'vck190', tile, weights: 'external', weightBus: 256 } as const;

describeSimulated('1024 multipliers with external weights', (build) => {
  test('equal the golden model in two blocks, in the predicted cycles and with stalls', async () => {
    const design = build(graph, { ...target, multipliers: 'double' });
    expect(productsPerCycle(design.plan.shape)).toBe(1024);
    expect(readManifest(design.folder).weights?.bytes).toBeGreaterThan(30_000);
    await expectEqual(design);
  }, 1_200_000);
});

describeSimulated('memories that are cut into segments', (build) => {
  test('hold what the golden model has', async () => {
    const deep = randomGraph({ tokens: 150, width: 16, hidden: 128, heads: 2, family: 'table' });
    const tile = { tokens: 1, inputs: 8, outputs: 8, vector: 4 };
    const design = build(deep, { board: 'zcu102', tile });
    const { parameters, board } = design.plan;
    const cut = memoryMap(parameters, board).memories.filter(({ segments }) => segments);
    expect(cut.map(({ name }) => name)).toContain('activations');
    await expectEqual(design);
  }, 1_200_000);
});
