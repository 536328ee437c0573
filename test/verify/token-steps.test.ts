import { expect, test } from 'vitest';
import type { QuantSettings, Target } from '../../src/dsl/design.ts';
import { plainMethod } from '../../src/dsl/quant-method.ts';
import { encodeImage, runGolden } from '../../src/golden/index.ts';
import { randomImages } from '../../src/images/random.ts';
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

function quantized(model: Model, settings: Partial<QuantSettings> = {}): IntegerGraph {
  const method = { ...plainMethod, steps: 'token' } as const;
  return quantizedModel(model, { method, ...settings });
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

describeSimulated('steps per token', (build) => {
  test.each(cases)('%s: RTL and golden model are equal', async (_, make, tile, target) => {
    const graph = make();
    expect(exponents(graph).size).toBeGreaterThan(1);
    const design = build(graph, { board: 'kv260', tile, ...target });
    await expectNoLint(design);
    await expectEqual(design);
  });

  const small = () => randomGraph({ seed: 3, width: 12, tokens: 9, rowExponent: 7 });
  const target = { board: 'kv260', tile: { tokens: 2, inputs: 4, outputs: 2, vector: 1 } };

  testInIcarus(() => build(small(), target));

  test.each([
    ['vt_token_exponent.v', "first_i ? {(BITS-1){1'b0}} : row_or_q", 'row_or_q'],
    ['vt_token_exponent.v', '>>> (k - 1)', '>>> k'],
    ['vt_matmul.v', ".own_i(s_src == 2'd3)", ".own_i(s_src == 2'd0)"],
    ['vt_matmul.v', '.DELAY(E0-1)', '.DELAY(E0)'],
  ])('a change of %s, %s, is found', async (...change) => {
    await expectFound(build(small(), target), change);
  });
});
