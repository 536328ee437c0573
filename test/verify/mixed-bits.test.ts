import { expect, test } from 'vitest';
import type { Target } from '../../src/dsl/design.ts';
import { smallModel } from '../quantize/models.ts';
import { quantizedModel } from '../support/quantized-model.ts';
import { describeSimulated, expectEqual } from '../support/simulated-design.ts';

const tile = { inputs: 4, outputs: 4, vector: 2 };

/** A graph whose weights have 2 to 8 bits, and whose activations 3 to 8. */
const graph = quantizedModel(smallModel(), {
  ends: 8,
  layers: {
    'block0.attention.query': { weights: 2, activations: 4 },
    'block0.attention.probabilities': { activations: 8 },
    'block0.attention.weighted': { activations: 3 },
    'block0.mlp.linear0': { weights: 6, activations: 5 },
    'block0.mlp.linear1': { weights: 3 },
  },
});

describeSimulated('bits by layer', (build) => {
  test.each<[string, Pick<Target, 'weights'>]>([
    ['weights on chip, in a memory for each width', { weights: 'onChip' }],
    ['streamed weights', { weights: 'external' }],
  ])('%s: RTL and golden model are equal', async (_, where) => {
    const design = build(graph, { board: 'kv260', tile, ...where });
    const sections = design.plan.program.weightSections.map(({ bits }) => bits);
    expect(sections).toEqual(where.weights === 'onChip' ? [2, 3, 4, 6, 8] : [6, 8]);
    await expectEqual(design);
  });
});
