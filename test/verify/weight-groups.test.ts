import { describe, expect, test } from 'vitest';
import { buildGraph } from '../../bench/support/build-graph.ts';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import type { QuantSettings, Target } from '../../src/dsl/design.ts';
import { plainMethod } from '../../src/dsl/quant-method.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import type { Model } from '../../src/model/index.ts';
import { smallModel } from '../quantize/models.ts';
import { quantizedModel } from '../support/quantized-model.ts';
import { randomGraph } from '../support/random-graph.ts';
import {
  describeSimulated,
  expectEqual,
  expectFound,
  expectNoLint,
  testInIcarus,
} from '../support/simulated-design.ts';

function quantized(
  model: Model,
  group: number,
  settings: Partial<QuantSettings> = {},
): IntegerGraph {
  const { weight } = plainMethod;
  const own = { ...weight, granularity: { group }, observer: { kind: 'mse' } as const };
  const method = { ...plainMethod, weight: own };
  return quantizedModel(model, { method, ...settings });
}

/** Factors of groups that the graph has. */
function factors({ nodes }: IntegerGraph): Set<number> {
  return new Set(
    nodes.flatMap((n) => (n.kind === 'linear' && n.groups ? [...n.groups.factors] : [])),
  );
}

type Case = readonly [string, () => IntegerGraph, Target['tile'], Partial<Target>];

const cases: readonly Case[] = [
  [
    'quantized, layers of other bits, two tokens side by side, weights over AXI',
    () =>
      quantized(smallModel({ depth: 2, side: 16 }), 4, {
        ...{ ends: 8, layers: { 'block0.mlp.linear0': { weights: 3 } } },
      }),
    { tokens: 2, inputs: 4, outputs: 2, vector: 2 },
    { weights: 'external' },
  ],
  [
    'joined heads with groups, and LUTs',
    () => quantized({ ...smallModel({ side: 16 }), pooling: 'distilled' }, 8),
    { inputs: 2, outputs: 4, vector: 2 },
    { multipliers: 'lut' },
  ],
  [
    'beside steps per token, some outputs on LUTs',
    () => randomGraph({ seed: 3, width: 12, heads: 3, tokens: 9, rowExponent: 3, groupSize: 4 }),
    { inputs: 4, outputs: 4, vector: 1 },
    { multipliers: 'double', lutOutputs: 1 },
  ],
  [
    'heads that are padded in the middle of groups',
    () => randomGraph({ seed: 5, width: 12, heads: 2, tokens: 9, groupSize: 6, hidden: 13 }),
    { inputs: 2, outputs: 8, vector: 2 },
    {},
  ],
];

describeSimulated('groups of weights', (build) => {
  test.each(cases)('%s: RTL and golden model are equal', async (_, make, tile, target) => {
    const graph = make();
    expect(factors(graph).size).toBeGreaterThan(1);
    const design = build(graph, { board: 'kv260', tile, ...target });
    await expectNoLint(design);
    await expectEqual(design);
  });

  // More words than the shortest pass: those of the next tile follow without a gap.
  const small = () => randomGraph({ seed: 3, width: 12, heads: 3, tokens: 20, groupSize: 4 });
  const target = { board: 'kv260', tile: { inputs: 4, outputs: 2, vector: 1 } };

  testInIcarus(() => build(small(), target));

  test.each([
    ['vt_group_scale.v', 'scaled_q   <= own_word_q', 'scaled_q   <= own_addr_q'],
    ['vt_group_scale.v', 'localparam O = l % TO', 'localparam O = TO - 1 - l % TO'],
    ['vt_group_scale.v', 'if (took[LATENCY])', 'if (took[LATENCY-1])'],
    ['vt_group_scale.v', 'first_q ? base_q : addr_q + 1', 'addr_q + 1'],
    ['vt_group_scale.v', 's ? sum <<< 1', 's ? once <<< 1'],
  ])('a change of %s, %s, is found', async (...change) => {
    await expectFound(build(small(), target), change);
  });
});

describe('a tile with inputs of several groups', () => {
  const refused = (graph: IntegerGraph, tile: Target['tile']) => {
    try {
      buildGraph(graph, { board: 'kv260', tile } as Target, 1);
    } catch (error) {
      if (error instanceof DiagnosticsError) return error.diagnostics;
      throw error;
    }
    return [];
  };

  test('is refused, with the inputs that are legal', () => {
    const graph = randomGraph({ seed: 3, width: 24, heads: 2, tokens: 5, groupSize: 12 });
    const [fault] = refused(graph, { inputs: 8, outputs: 8, vector: 2 });
    expect(fault).toMatchObject({ code: 'VT417' });
    expect(fault?.hint).toBe('Legal beside 8 outputs are 1, 2, 4 inputs, or other groups.');
    expect(refused(graph, { inputs: 4, outputs: 8, vector: 2 })).toEqual([]);
  });

  test('is refused where heads that are padded shift the groups', () => {
    // Heads of 6 channels are 8 apart: a tile of 4 has channels 4 and 5, or 10 and 11, alone; of
    // the second head 6 .. 9, with groups of 4, are of two.
    const graph = randomGraph({ seed: 3, width: 12, heads: 2, tokens: 5, groupSize: 4 });
    const [fault] = refused(graph, { inputs: 4, outputs: 8, vector: 2 });
    expect(fault?.message).toContain('block0.attention,');
    expect(refused(graph, { inputs: 4, outputs: 2, vector: 2 })).toEqual([]);
  });

  test('is not planned', () => {
    const graph = randomGraph({ seed: 3, width: 24, heads: 2, tokens: 5, groupSize: 12 });
    const { plan } = buildGraph(graph, { board: 'kv260' } as Target, 1);
    expect(12 % plan.shape.inputs).toBe(0);
  });
});
