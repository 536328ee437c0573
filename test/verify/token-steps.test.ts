import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../bench/support/build-graph.ts';
import type { QuantSettings, Target } from '../../src/dsl/design.ts';
import { plainMethod } from '../../src/dsl/quant-method.ts';
import { writeFolder } from '../../src/emit/index.ts';
import { encodeImage, runGolden } from '../../src/golden/index.ts';
import { randomImages } from '../../src/images/random.ts';
import { randomParameters } from '../../src/import/random.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import type { Model } from '../../src/model/index.ts';
import { quantize } from '../../src/quantize/index.ts';
import { lint, simulate, simulateIcarus } from '../../src/verify/index.ts';
import { smallModel } from '../quantize/models.ts';
import { randomGraph } from '../support/random-graph.ts';
import { hasIcarus, hasVerilator } from '../support/verilate.ts';

if (!hasVerilator) console.warn('Verilator is absent: steps per token are not simulated');

const token: Partial<QuantSettings> = { method: { ...plainMethod, steps: 'token' } };

function quantized(model: Model, settings: Partial<QuantSettings> = {}): IntegerGraph {
  const images = randomImages({ count: 4, seed: 2 }, model.image).map(({ pixels }) => pixels);
  const bits = { weights: 4, activations: 6, residual: 16, ...token, ...settings };
  return quantize(model, randomParameters(model, 1), images, bits);
}

type Case = readonly [string, () => IntegerGraph, Target['tile'], Partial<Target>];

const cases: readonly Case[] = [
  [
    'LayerNorms of several widths, two tokens side by side',
    () => {
      const layers = {
        'block0.attention.norm': { activations: 4 },
        'block0.mlp.norm': { activations: 3 },
      };
      return quantized(smallModel({ depth: 2 }), { ends: 8, layers });
    },
    { tokens: 2, inputs: 4, outputs: 2, vector: 2 },
    { weights: 'external' },
  ],
  [
    'two heads, whose LayerNorm has the step of its tensor, and LUTs',
    () => quantized({ ...smallModel({ side: 16 }), pooling: 'distilled' }),
    { inputs: 2, outputs: 4, vector: 2 },
    { multipliers: 'lut' },
  ],
  [
    'post-norm, whose outputs become the residual stream',
    () => quantized({ ...smallModel({ depth: 2 }), norm: 'post', finalNorm: 'none' }),
    { inputs: 8, outputs: 8, vector: 8 },
    {},
  ],
  [
    'every exponent of three bits',
    () => randomGraph({ seed: 3, width: 12, tokens: 9, depth: 2, rowExponent: 7 }),
    { inputs: 4, outputs: 4, vector: 1 },
    {},
  ],
  [
    'sums that are not multiplied',
    () => unmultiplied(randomGraph({ seed: 6, width: 12, tokens: 9, rowExponent: 2 })),
    { inputs: 4, outputs: 4, vector: 4 },
    {},
  ],
];

/** The graph with all multipliers 1 and the shifts that take their place. */
function unmultiplied(graph: IntegerGraph): IntegerGraph {
  const less = (shift: number, multiplier: number) =>
    Math.max(0, shift - Math.round(Math.log2(multiplier)));
  const nodes = graph.nodes.map((node) => {
    switch (node.kind) {
      case 'linear': {
        const { epilogue } = node;
        const multiplier = epilogue.multiplier.map(() => 1);
        const shift = less(epilogue.shift, epilogue.multiplier[0] ?? 1);
        return { ...node, epilogue: { ...epilogue, multiplier, shift } };
      }
      case 'patchEmbedding': {
        const shift = less(node.shift, node.multiplier[0] ?? 1);
        return { ...node, multiplier: node.multiplier.map(() => 1), shift };
      }
      case 'scores':
      case 'weightedValues':
        return { ...node, multiplier: 1, shift: less(node.shift ?? 0, node.multiplier ?? 1) };
      default:
        return node;
    }
  });
  return { ...graph, nodes };
}

/** The exponents that noise images have. */
function exponents(graph: IntegerGraph): Set<number> {
  const { image, mean, std } = graph.input;
  const images = randomImages({ count: 4, seed: 3 }, { ...image, mean, std });
  const found = images.flatMap(({ pixels }) =>
    [...runGolden(graph, encodeImage(graph.input, pixels))].flatMap(([name, values]) =>
      name.endsWith('.exponents') ? [...values] : [],
    ),
  );
  return new Set(found);
}

describe.skipIf(!hasVerilator)('steps per token', { timeout: 600_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-steps-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const build = (graph: IntegerGraph, name: string, target: Partial<Target>) => {
    const { plan, files } = buildGraph(graph, { board: 'kv260', ...target } as Target, 3);
    const folder = join(root, name);
    writeFolder(folder, files);
    return { plan, folder };
  };

  test.each(cases)('%s: RTL and golden model are equal', async (name, make, tile, target) => {
    const graph = make();
    expect(exponents(graph).size).toBeGreaterThan(1);
    const { folder } = build(graph, name.slice(0, 8).trim(), { tile, ...target });
    expect(await lint(folder)).toEqual({ warnings: [] });
    const report = await simulate(folder, { images: 3, stalls: true, seed: 5, trace: false });
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({ ok: true, mismatches: 0 });
    expect(report.cyclesPerFrame).toBe(report.predictedCyclesPerFrame);
    expect(report.latencyCycles).toBe(report.predictedLatencyCycles);
  });

  const small = () => randomGraph({ seed: 3, width: 12, tokens: 9, rowExponent: 7 });
  const tile = { tokens: 2, inputs: 4, outputs: 4, vector: 2 };

  test.skipIf(!hasIcarus)('are the same in Icarus Verilog', async () => {
    const { folder } = build(small(), 'icarus', { tile });
    expect(await simulateIcarus(folder, { images: 3, seed: 7 })).toMatchObject({ failures: [] });
  });

  test.each([
    ['vt_token_exponent.v', "first_i ? {(BITS-1){1'b0}} : row_or_q", 'row_or_q'],
    ['vt_token_exponent.v', '>>> (k - 1)', '>>> k'],
    ['vt_matmul.v', ".own_i(s_src == 2'd3)", ".own_i(s_src == 2'd0)"],
    ['vt_matmul.v', '.DELAY(E0-1)', '.DELAY(E0)'],
  ])('a change of %s, %s, is found', async (file, from, to) => {
    const { folder } = build(small(), `mutant${file}${from.length}`, { tile });
    const path = join(folder, 'rtl', file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
    const report = await simulate(folder, { images: 3, stalls: false, seed: 5, trace: false });
    expect(report.ok).toBe(false);
    expect(report.mismatches).toBeGreaterThan(0);
  });
});
