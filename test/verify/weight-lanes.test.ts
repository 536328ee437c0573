import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../bench/support/build-graph.ts';
import type { QuantSettings, Target } from '../../src/dsl/design.ts';
import { type MixedRows, plainMethod } from '../../src/dsl/quant-method.ts';
import { writeFolder } from '../../src/emit/index.ts';
import { randomImages } from '../../src/images/random.ts';
import { randomParameters } from '../../src/import/random.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import type { Model } from '../../src/model/index.ts';
import { quantize } from '../../src/quantize/index.ts';
import { lint, simulate, simulateIcarus } from '../../src/verify/index.ts';
import { smallModel } from '../quantize/models.ts';
import { hasIcarus, hasVerilator } from '../support/verilate.ts';

if (!hasVerilator) console.warn('Verilator is absent: outputs for weights alone are not simulated');

function quantized(model: Model, settings: Partial<QuantSettings> = {}): IntegerGraph {
  const images = randomImages({ count: 4, seed: 2 }, model.image).map(({ pixels }) => pixels);
  const bits = { weights: 4, activations: 8, residual: 16, ...settings };
  return quantize(model, randomParameters(model, 1), images, bits);
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

describe.skipIf(!hasVerilator)('outputs for weights alone', { timeout: 600_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-weight-lanes-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const build = (graph: IntegerGraph, name: string, target: Partial<Target>) => {
    const whole = { board: 'kv260', lutOperands: 'weights', ...target } as Target;
    const { plan, files } = buildGraph(graph, whole, 3);
    const folder = join(root, name);
    writeFolder(folder, files);
    return { plan, folder };
  };

  test.each([...cases, ...mixed])(
    '%s: RTL and golden model are equal',
    async (name, make, target) => {
      const { plan, folder } = build(make(), name.slice(0, 10).trim(), target);
      const { TO, LUT_TO, KEY_TO, LUT_BITS, LUT_POWERS, W_BITS } = plan.parameters;
      expect(LUT_TO).toBe(target.lutOutputs);
      expect(KEY_TO).toBe(TO - LUT_TO);
      const { bits = W_BITS, powersOfTwo } = plan.checked.graph.rows ?? {};
      // A power of two of up to 64 is a sign and an exponent of three bits.
      expect(LUT_POWERS).toBe(powersOfTwo === true && bits === 8);
      expect(LUT_BITS).toBe(LUT_POWERS ? 4 : bits);
      expect(await lint(folder)).toEqual({ warnings: [] });
      const report = await simulate(folder, { images: 3, stalls: true, seed: 5, trace: false });
      expect(report.failures).toEqual([]);
      expect(report).toMatchObject({ ok: true, mismatches: 0 });
      expect(report.cyclesPerFrame).toBe(report.predictedCyclesPerFrame);
      expect(report.latencyCycles).toBe(report.predictedLatencyCycles);
    },
  );

  test('words of more than 32 parts are linted clean', async () => {
    const wide = { tokens: 2, inputs: 64, outputs: 4, vector: 1 };
    const shape = { multipliers: 'double', lutOutputs: 2, tile: wide } as const;
    const { folder } = build(quantized(smallModel()), 'parts', shape);
    expect(await lint(folder)).toEqual({ warnings: [] });
  });

  const small = () => quantized(smallModel());
  const target = (cases[0] as Case)[2];

  test.skipIf(!hasIcarus)('are the same in Icarus Verilog', async () => {
    const { folder } = build(small(), 'icarus', target);
    expect(await simulateIcarus(folder, { images: 3, seed: 7 })).toMatchObject({ failures: [] });
  });

  test.each([
    ['vt_mac_split.v', 'LUT_BITS > 0 && row_keys_i ? row_i', 'LUT_BITS < 0 && row_keys_i ? row_i'],
    ['vt_tile_loader.v', 'weights_q || step_q < KEY_ROWS', 'weights_q || step_q <= KEY_ROWS'],
    ['vt_token_streamer.v', 'out_keys_q ? out_sub_q + ', '!out_keys_q ? out_sub_q + '],
    ['core', 'mm_keys ? lanes[VALUE_BITS-1:0]', '!mm_keys ? lanes[VALUE_BITS-1:0]'],
  ])('a change of %s, %s, is found', async (file, from, to) => {
    const graph = small();
    const { folder } = build(graph, `mutant${from.length}`, target);
    const path = join(folder, 'rtl', file === 'core' ? `${graph.name}_core.v` : file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
    const report = await simulate(folder, { images: 1, stalls: false, seed: 5, trace: false });
    expect(report.ok).toBe(false);
  });
});
