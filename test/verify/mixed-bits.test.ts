import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../bench/support/build-graph.ts';
import type { Target } from '../../src/dsl/design.ts';
import { writeFolder } from '../../src/emit/index.ts';
import { randomImages } from '../../src/images/random.ts';
import { randomParameters } from '../../src/import/random.ts';
import { quantize } from '../../src/quantize/index.ts';
import { simulate } from '../../src/verify/index.ts';
import { smallModel } from '../quantize/models.ts';
import { hasVerilator } from '../support/verilate.ts';

if (!hasVerilator) console.warn('Verilator is absent: designs of mixed bits are not simulated');

const model = smallModel();
const images = randomImages({ count: 4, seed: 2 }, model.image).map(({ pixels }) => pixels);
const tile = { inputs: 4, outputs: 4, vector: 2 };

/** A graph whose weights have 2 to 8 bits, and whose activations 3 to 8. */
const graph = quantize(model, randomParameters(model, 1), images, {
  ...{ weights: 4, activations: 6, residual: 16, ends: 8 },
  layers: {
    'block0.attention.query': { weights: 2, activations: 4 },
    'block0.attention.probabilities': { activations: 8 },
    'block0.attention.weighted': { activations: 3 },
    'block0.mlp.linear0': { weights: 6, activations: 5 },
    'block0.mlp.linear1': { weights: 3 },
  },
});

describe.skipIf(!hasVerilator)('bits by layer', { timeout: 300_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-mixed-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test.each<[string, Pick<Target, 'weights'>]>([
    ['weights on chip, in a memory for each width', { weights: 'onChip' }],
    ['streamed weights', { weights: 'external' }],
  ])('%s: RTL and golden model are equal', async (name, where) => {
    const { plan, files } = buildGraph(graph, { board: 'kv260', tile, ...where }, 3);
    const sections = plan.program.weightSections.map(({ bits }) => bits);
    expect(sections).toEqual(where.weights === 'onChip' ? [2, 3, 4, 6, 8] : [6, 8]);
    const folder = join(root, name.split(' ')[0] as string);
    writeFolder(folder, files);
    const report = await simulate(folder, { images: 3, stalls: true, seed: 5, trace: false });
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({ ok: true, mismatches: 0 });
    expect(report.cyclesPerFrame).toBe(report.predictedCyclesPerFrame);
  });
});
