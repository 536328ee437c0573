import { expect, test } from 'vitest';
import type { QuantSettings, Target } from '../../src/dsl/design.ts';
import { type MixedRows, plainMethod } from '../../src/dsl/quant-method.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import type { Model } from '../../src/model/index.ts';
import { smallModel } from '../quantize/models.ts';
import { quantizedModel } from '../support/quantized-model.ts';
import {
  describeSimulated,
  expectEqual,
  expectFound,
  expectNoLint,
  testInIcarus,
} from '../support/simulated-design.ts';

function quantized(model: Model, settings: Partial<QuantSettings> = {}): IntegerGraph {
  return quantizedModel(model, { activations: 8, ...settings });
}

type Case = readonly [string, () => IntegerGraph, Partial<Target>];

const cases: readonly Case[] = [
  [
    'half of the outputs, a part of a word',
    () => quantized(smallModel({ depth: 2 })),
    { multipliers: 'double', lutOutputs: 2, tile: { tokens: 2, inputs: 8, outputs: 4, vector: 2 } },
  ],
  [
    'two thirds of the outputs, primitives and streamed weights',
    () => quantized({ ...smallModel({ side: 16 }), pooling: 'distilled' }),
    {
      ...{ multipliers: 'double', primitives: true, weights: 'external', lutOutputs: 4 },
      tile: { inputs: 12, outputs: 6, vector: 2 },
    },
  ],
  [
    'steps per token, and weights as wide as keys',
    () => quantized(smallModel(), { weights: 8, method: { ...plainMethod, steps: 'token' } }),
    { multipliers: 'double', lutOutputs: 4, tile: { tokens: 2, inputs: 8, outputs: 8, vector: 2 } },
  ],
];

const rows = (kind: MixedRows['kind'], bits: number, outputs: number, of: number) => ({
  weights: 8,
  method: { ...plainMethod, rows: { kind, bits, outputs, of } },
});

const mixed: readonly Case[] = [
  [
    'powers of two of 4 bits beside 8, shifted and added',
    () => quantized(smallModel({ depth: 2 }), rows('powerOfTwo', 4, 4, 8)),
    { multipliers: 'double', lutOutputs: 4, tile: { tokens: 2, inputs: 8, outputs: 8, vector: 2 } },
  ],
  [
    'sums of two powers of 4 bits beside 8',
    () => quantized(smallModel({ depth: 2 }), rows('sumOfTwo', 4, 6, 8)),
    { multipliers: 'single', lutOutputs: 6, tile: { inputs: 4, outputs: 8, vector: 2 } },
  ],
];

describeSimulated('outputs for weights alone', (builder) => {
  const build = (graph: IntegerGraph, target: Partial<Target>) =>
    builder(graph, { board: 'kv260', lutOperands: 'weights', ...target });

  test.each([...cases, ...mixed])('%s: RTL and golden model are equal', async (_, make, target) => {
    const design = build(make(), target);
    const { checked, parameters } = design.plan;
    const { TO, LUT_TO, KEY_TO, LUT_BITS, LUT_POWERS, W_BITS } = parameters;
    expect(LUT_TO).toBe(target.lutOutputs);
    expect(KEY_TO).toBe(TO - LUT_TO);
    const { bits = W_BITS, powersOfTwo } = checked.graph.rows ?? {};
    // A power of two of up to 64 is a sign and an exponent of three bits.
    expect(LUT_POWERS).toBe(powersOfTwo === true && bits === 8);
    expect(LUT_BITS).toBe(LUT_POWERS ? 4 : bits);
    await expectNoLint(design);
    await expectEqual(design);
  });

  test('words of more than 32 parts are linted clean', async () => {
    const wide = { tokens: 2, inputs: 64, outputs: 4, vector: 1 };
    const shape = { multipliers: 'double', lutOutputs: 2, tile: wide } as const;
    await expectNoLint(build(quantized(smallModel()), shape));
  });

  const small = () => quantized(smallModel());
  const tile = { inputs: 4, outputs: 4, vector: 2 };
  const target = { multipliers: 'double', lutOutputs: 2, tile } as const;

  testInIcarus(() => build(small(), target));

  test.each([
    ['vt_mac_split.v', 'LUT_BITS > 0 && row_keys_i ? row_i', 'LUT_BITS < 0 && row_keys_i ? row_i'],
    ['vt_tile_loader.v', 'weights_q || step_q < KEY_ROWS', 'weights_q || step_q <= KEY_ROWS'],
    ['vt_token_streamer.v', 'out_keys_q ? out_sub_q + ', '!out_keys_q ? out_sub_q + '],
    ['small_core.v', 'mm_keys ? lanes[VALUE_BITS-1:0]', '!mm_keys ? lanes[VALUE_BITS-1:0]'],
  ])('a change of %s, %s, is found', async (...change) => {
    await expectFound(build(small(), target), change);
  });
});
