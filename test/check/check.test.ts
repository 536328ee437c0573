import { describe, expect, it } from 'vitest';
import { check } from '../../src/check/index.ts';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import {
  type IntegerGraph,
  type IntegerNode,
  type LinearNode,
  type TensorType,
  uniform,
} from '../../src/ir/index.ts';
import { randomGraph } from '../support/random-graph.ts';

type NodeOf<K extends IntegerNode['kind']> = Extract<IntegerNode, { kind: K }>;

/** The graph with one node changed: the first of its kind, or the one of a name. */
function change<K extends IntegerNode['kind']>(
  graph: IntegerGraph,
  kind: K,
  edit: (node: NodeOf<K>) => NodeOf<K>,
  name?: string,
): IntegerGraph {
  let done = false;
  const nodes = graph.nodes.map((node) => {
    if (done || node.kind !== kind || (name && node.output.name !== name)) return node;
    done = true;
    return edit(node as NodeOf<K>);
  });
  expect(done).toBe(true);
  return { ...graph, nodes };
}

/** `CODE subject` of every fault that the check finds. */
function faults(graph: IntegerGraph): string[] {
  try {
    check(graph);
  } catch (error) {
    if (!(error instanceof DiagnosticsError)) throw error;
    return error.diagnostics.map((d) => `${d.code} ${d.subject ?? ''}`.trim());
  }
  return [];
}

const graph = randomGraph({ pooling: 'mean', width: 12, heads: 3, tokens: 6 });
const first = randomGraph({ width: 12, heads: 3 });
const tables = randomGraph({ width: 12, heads: 3, family: 'table' });
const EMBEDDING = 'embedding';
const NORM = 'block0.attention.norm';
const QUERY = 'block0.attention.query';
const SCORES = 'block0.attention.scores';
const PROBABILITIES = 'block0.attention.probabilities';
const WEIGHTED = 'block0.attention.weighted';
const OUTPUT = 'block0.attention';
const HIDDEN = 'block0.mlp.linear0';

/** A copy of a typed array with one element replaced. */
function put<T extends Int32Array | Float64Array>(values: T, at: number, value: number): T {
  const copy = values.slice() as T;
  copy[at] = value;
  return copy;
}

/** The graph with another type of the output of the first LayerNorm. */
function norm(graph: IntegerGraph, part: Partial<TensorType>): IntegerGraph {
  return change(graph, 'layerNorm', (n) => ({ ...n, output: { ...n.output, ...part } }));
}

const stepped = randomGraph({ width: 12, heads: 3, rowExponent: 3 });

const cases: readonly [string, () => IntegerGraph, readonly string[]][] = [
  [
    'a name used twice',
    () => ({
      ...graph,
      nodes: graph.nodes.flatMap((n): IntegerNode[] => (n.kind === 'scores' ? [n, n] : [n])),
    }),
    [`VT350 ${SCORES}`],
  ],
  [
    'an unknown tensor',
    () => change(graph, 'layerNorm', (n) => ({ ...n, input: 'nowhere' })),
    [`VT351 ${NORM}`],
  ],
  [
    'a tensor of a later node',
    () => change(graph, 'layerNorm', (n) => ({ ...n, input: 'block0.mlp' })),
    [`VT351 ${NORM}`],
  ],
  [
    'heads that do not divide the channels',
    () =>
      change(graph, 'scores', (n) => ({
        ...n,
        heads: 5,
        output: { ...n.output, shape: [5, 6, 6] },
      })),
    [`VT352 ${SCORES}`, `VT352 ${PROBABILITIES}`],
  ],
  [
    'a residual of another shape',
    () =>
      change(
        graph,
        'linear',
        (n) => {
          const residual = n.epilogue.residual && { ...n.epilogue.residual, input: SCORES };
          return { ...n, epilogue: { ...n.epilogue, residual } };
        },
        OUTPUT,
      ),
    [`VT352 ${OUTPUT}`],
  ],
  [
    'a bias of another length',
    () =>
      change(graph, 'linear', (n) => ({
        ...n,
        epilogue: { ...n.epilogue, bias: new Int32Array(3) },
      })),
    [`VT352 ${QUERY}`],
  ],
  [
    'a weight of another length',
    () => change(graph, 'patchEmbedding', (n) => ({ ...n, weight: n.weight.slice(1) })),
    [`VT352 ${EMBEDDING}`],
  ],
  [
    'more rows than there are',
    () => change(graph, 'layerNorm', (n) => ({ ...n, rows: 7 })),
    [`VT352 ${NORM}`, `VT352 ${NORM}`],
  ],
  [
    'an image that patches do not tile',
    () => ({ ...graph, input: { ...graph.input, image: { height: 3, width: 12, channels: 1 } } }),
    ['VT352 input'],
  ],
  [
    'a format of 25 bits and one of 1 bit',
    () =>
      change(
        change(graph, 'scores', (n) => ({
          ...n,
          output: { ...n.output, format: uniform(25) },
        })),
        'linear',
        (n) => ({ ...n, weightFormat: uniform(1) }),
      ),
    [`VT353 ${QUERY}`, `VT353 ${SCORES}`],
  ],
  [
    'multipliers of 0, 65536 and a fraction',
    () => {
      const one = change(graph, 'scores', (n) => ({ ...n, multiplier: 0 }));
      const two = change(one, 'meanPool', (n) => ({ ...n, multiplier: 0.5 }));
      return change(two, 'linear', (n) => ({
        ...n,
        epilogue: { ...n.epilogue, multiplier: put(n.epilogue.multiplier, 2, 65536) },
      }));
    },
    [`VT354 ${QUERY}`, `VT354 ${SCORES}`, 'VT354 pool'],
  ],
  [
    'shifts below 0, beyond 47 and beyond 31',
    () => {
      const one = change(graph, 'weightedValues', (n) => ({ ...n, shift: -1 }));
      const two = change(one, 'layerNorm', (n) => ({ ...n, varianceShift: 48 }));
      return change(
        two,
        'linear',
        (n) => {
          const residual = n.epilogue.residual && { ...n.epilogue.residual, shift: 32 };
          return { ...n, epilogue: { ...n.epilogue, residual } };
        },
        OUTPUT,
      );
    },
    [`VT355 ${NORM}`, `VT355 ${WEIGHTED}`, `VT355 ${OUTPUT}`],
  ],
  [
    'tables too long, too short and empty',
    () => {
      const one = change(graph, 'softmax', (n) => ({ ...n, expTable: new Int32Array(1025) }));
      const two = change(one, 'layerNorm', (n) => ({ ...n, table: new Int32Array(0) }));
      return change(
        two,
        'linear',
        (n) => ({ ...n, epilogue: { ...n.epilogue, table: new Int32Array(255) } }),
        HIDDEN,
      );
    },
    [`VT356 ${NORM}`, `VT356 ${PROBABILITIES}`, `VT356 ${HIDDEN}`],
  ],
  [
    'table entries out of range',
    () => {
      const one = change(graph, 'softmax', (n) => ({
        ...n,
        two: { ...n.two, table: put(n.two.table, 0, 65536) },
      }));
      return change(
        one,
        'linear',
        (n) => {
          const table = n.epilogue.table && put(n.epilogue.table, 9, 128);
          return { ...n, epilogue: { ...n.epilogue, table } };
        },
        HIDDEN,
      );
    },
    [`VT357 ${PROBABILITIES}`, `VT357 ${HIDDEN}`],
  ],
  [
    'weights, offsets, biases and clip bounds outside their format',
    () => {
      const one = change(graph, 'patchEmbedding', (n) => ({
        ...n,
        weight: put(n.weight, 0, -129),
        offset: put(n.offset, 1, 512),
      }));
      const two = change(one, 'layerNorm', (n) => ({
        ...n,
        weight: put(n.weight, 0, 2048),
        bias: put(n.bias, 0, 0.5),
      }));
      return change(two, 'linear', (n) => ({ ...n, epilogue: { ...n.epilogue, low: -129 } }));
    },
    [
      `VT358 ${EMBEDDING}`,
      `VT358 ${EMBEDDING}`,
      `VT358 ${NORM}`,
      `VT358 ${NORM}`,
      `VT358 ${QUERY}`,
    ],
  ],
  [
    'groups that are no part of the inputs, too few factors, and one that is none',
    () => {
      const groups = (n: LinearNode, size: number, factors: Int32Array) => ({
        ...n,
        groups: { size, factors },
      });
      const one = change(graph, 'linear', (n) => groups(n, 13, new Int32Array(12)));
      const two = change(one, 'linear', (n) => groups(n, 5, new Int32Array(35)), OUTPUT);
      const four = (n: LinearNode) => put(new Int32Array(n.weight.length / 4).fill(2), 7, 5);
      return change(two, 'linear', (n) => groups(n, 4, four(n)), HIDDEN);
    },
    [`VT358 ${QUERY}`, `VT352 ${OUTPUT}`, `VT358 ${HIDDEN}`],
  ],
  [
    'a quantizer without a scale',
    () => ({
      ...graph,
      input: { ...graph.input, std: [0], tensor: { ...graph.input.tensor, scale: Number.NaN } },
    }),
    ['VT358 input', 'VT358 input'],
  ],
  [
    'an accumulator beyond 31 bits',
    () => {
      const wide = change(graph, 'layerNorm', (n) => ({
        ...n,
        output: { ...n.output, format: uniform(16) },
      }));
      return change(wide, 'linear', (n) => ({ ...n, weightFormat: uniform(16) }));
    },
    [`VT359 ${QUERY}`],
  ],
  [
    'an intermediate beyond 2^53',
    () =>
      change(graph, 'layerNorm', (n) => ({
        ...n,
        varianceBias: 2 ** 52,
        meanMultiplier: 65535,
        meanShift: 0,
      })),
    [`VT360 ${NORM}`],
  ],
  [
    'constants of a requantization of a whole tensor',
    () => {
      const one = change(tables, 'weightedValues', (n) => ({ ...n, high: 62, bias: 2 ** 31 }));
      return change(one, 'scores', (n) => ({ ...n, low: -2049 }));
    },
    [`VT358 ${SCORES}`, `VT358 ${WEIGHTED}`, `VT356 ${WEIGHTED}`],
  ],
  [
    'a table entry that is no code, a residual beyond 24 bits, a norm weight beyond its format',
    () => {
      const one = change(tables, 'weightedValues', (n) => ({
        ...n,
        table: n.table && put(n.table, 63, 128),
      }));
      const two = change(one, 'layerNorm', (n) => ({ ...n, weight: put(n.weight, 1, 65536) }));
      return change(
        two,
        'linear',
        (n) => {
          const residual = n.epilogue.residual && { ...n.epilogue.residual, multiplier: 2 ** 24 };
          return { ...n, epilogue: { ...n.epilogue, residual } };
        },
        OUTPUT,
      );
    },
    [`VT358 ${NORM}`, `VT357 ${WEIGHTED}`, `VT354 ${OUTPUT}`],
  ],
  [
    'more replaced rows than patches, and an offset beyond 32 bits',
    () =>
      change(tables, 'patchEmbedding', (n) => ({
        ...n,
        leading: 6,
        offset: Float64Array.of(2 ** 31) as unknown as Int32Array,
      })),
    [`VT358 ${EMBEDDING}`, `VT352 ${EMBEDDING}`, `VT352 ${EMBEDDING}`],
  ],
  [
    'steps per token before a node that does not take them',
    () => change(stepped, 'scores', (n) => ({ ...n, key: NORM })),
    [`VT362 ${SCORES}`],
  ],
  [
    'steps per token before a node that joins rows',
    () => change(stepped, 'linear', (n) => ({ ...n, join: 5 }), QUERY),
    [`VT362 ${QUERY}`],
  ],
  [
    'steps per token of something that is no LayerNorm',
    () =>
      change(first, 'linear', (n) => ({ ...n, output: { ...n.output, rowExponent: 3 } }), QUERY),
    [`VT362 ${QUERY}`, `VT362 ${SCORES}`],
  ],
  [
    'steps per token of unsigned codes',
    () => norm(stepped, { format: uniform(8, false) }),
    [`VT362 ${NORM}`],
  ],
  [
    'an exponent that three bits do not hold',
    () => randomGraph({ width: 12, heads: 3, rowExponent: 8 }),
    [`VT358 ${NORM}`, 'VT358 block0.mlp.norm', 'VT358 norm'],
  ],
  [
    'exponents of two sizes',
    () => norm(stepped, { rowExponent: 4 }),
    ['VT362 block0.mlp.norm', 'VT362 norm'],
  ],
  [
    'a shift without room for the finest step',
    () => change(stepped, 'layerNorm', (n) => ({ ...n, shift: 3 })),
    [`VT355 ${NORM}`],
  ],
  [
    'the same of a LayerNorm with the step of its tensor, beside others with their own',
    () => change(norm(stepped, { rowExponent: 0 }), 'layerNorm', (n) => ({ ...n, shift: 3 })),
    [`VT355 ${NORM}`],
  ],
  ['no node', () => ({ ...graph, nodes: [] }), ['VT361']],
  [
    'a result of several rows',
    () => ({ ...first, nodes: first.nodes.slice(0, 2) }),
    [`VT361 ${NORM}`],
  ],
];

describe('check', () => {
  it.each([graph, first, tables, stepped])(
    'passes a legal graph and has widths of every node',
    (legal) => {
      const checked = check(legal);
      expect(checked.graph).toBe(legal);
      expect([...checked.widths.keys()]).toEqual(legal.nodes.map((n) => n.output.name));
    },
  );

  it.each(cases)('finds %s', (_, make, expected) => {
    expect(faults(make())).toEqual(expected);
  });

  it('has only integers in all widths, of no more than 54 bits', () => {
    for (const widths of check(graph).widths.values()) {
      for (const [key, value] of Object.entries(widths)) {
        if (!key.endsWith('Bits')) continue;
        expect(Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 54).toBe(true);
      }
    }
  });

  it('proves the widths of a matrix product from its formats', () => {
    const { widths } = check(graph);
    expect(widths.get(SCORES)).toMatchObject({
      kind: 'matrix',
      reduction: 4,
      accumulatorBits: 18, // 4 * 2^14 = 2^16 is one beyond the largest 17-bit number
      biasBits: 0,
      sumBits: 18,
      proof: 'int8 x int8 x 4 products: |acc| <= 65536, 18 bits',
    });
    expect(widths.get(WEIGHTED)).toMatchObject({
      accumulatorBits: 19,
      proof: 'uint8 x int8 x 6 products: |acc| <= 195840, 19 bits',
    });
  });

  // Widths by hand, of int10 streams, int8 activations, 12 channels, 6 tokens.
  it('proves the widths of bias, skip, normalization, softmax and mean', () => {
    const biased = change(graph, 'linear', (n) => ({
      ...n,
      epilogue: { ...n.epilogue, bias: put(new Int32Array(12), 3, 2 ** 20) },
    }));
    const { widths } = check(biased);
    // 12 * 2^14 = 196608; with the bias 1245184 < 2^21; times 65535 below 2^37.
    expect(widths.get(QUERY)).toMatchObject({
      accumulatorBits: 19,
      biasBits: 22,
      sumBits: 22,
      productBits: 38,
    });
    // 512 * 65535 < 2^25; -512 + -512 .. 511 + 511.
    expect(widths.get(OUTPUT)).toMatchObject({ added: { productBits: 26, sumBits: 11 } });
    // |sum| <= 6144; |d| <= 1023, 12 * 1023^2 < 2^24, 1023 * 65535 < 2^26, * 2048 < 2^37.
    expect(widths.get(NORM)).toMatchObject({
      sumBits: 14,
      meanBits: 10,
      deviationBits: 11,
      squareSumBits: 25,
      normalizedBits: 27,
      weightedBits: 38,
    });
    // 4095 + 2; 6 * 4095 = 24570 < 2^15; 4095 * 65535 < 2^28.
    expect(widths.get(PROBABILITIES)).toMatchObject({
      differenceBits: 14,
      exponentialBits: 13,
      sumBits: 16,
      productBits: 29,
    });
    // 6 * 512 = 3072 < 2^12; times 65535 below 2^28.
    expect(widths.get('pool')).toMatchObject({ sumBits: 13, productBits: 29 });
  });

  // Products of 12 int8 x int8 have 19 bits, a bias of 2^20 has 22: at the finest of 4 steps 3 more.
  it('counts sums at the finest step of their rows', () => {
    const biased = change(
      stepped,
      'linear',
      (n) => ({
        ...n,
        epilogue: { ...n.epilogue, bias: put(new Int32Array(12), 3, 2 ** 20) },
      }),
      QUERY,
    );
    expect(check(biased).widths.get(QUERY)).toMatchObject({
      ...{ accumulatorBits: 19, biasBits: 25, sumBits: 25, productBits: 41 },
    });
  });

  // Products of 12 int8 x int8 are below 2^18; with the largest factor, 6, below 2^21.
  it('counts groups of weights with the largest factor', () => {
    const grouped = change(
      graph,
      'linear',
      (n) => ({ ...n, groups: { size: 6, factors: new Int32Array(24).fill(3) } }),
      QUERY,
    );
    expect(check(grouped).widths.get(QUERY)).toMatchObject({
      accumulatorBits: 22,
      proof: 'int8 x 6*int8 x 12 products: |acc| <= 1179648, 22 bits',
    });
  });

  // Of int8 streams and activations, 12 channels, 5 tokens.
  it('needs no multiplier where all are 1, and counts the bits of a wide one', () => {
    const { widths } = check(tables);
    // 5 * 255 * 128 < 2^18, and a bias of 17.
    expect(widths.get(WEIGHTED)).toMatchObject({
      accumulatorBits: 19,
      biasBits: 6,
      multiplierBits: 0,
      productBits: 19,
      shiftedBits: 16,
      added: null,
    });
    expect(widths.get(SCORES)).toMatchObject({ multiplierBits: 16 });
    // -512 * (2^20 - 1)
    expect(widths.get(OUTPUT)).toMatchObject({ added: { multiplierBits: 20, productBits: 30 } });
    // 4 * 2^14, and offsets of 14 bits: nothing is added behind.
    expect(widths.get(EMBEDDING)).toMatchObject({ accumulatorBits: 18, biasBits: 14, added: null });
    expect(widths.get(NORM)).toMatchObject({ weightBits: 17 });
  });

  it('passes an accumulator of 31 bits and no more', () => {
    const wide = change(graph, 'layerNorm', (n) => ({
      ...n,
      output: { ...n.output, format: uniform(16) },
    }));
    const only = (bits: number) =>
      change(wide, 'linear', (n) => ({ ...n, weightFormat: uniform(bits) }), QUERY);
    // 12 * 2^15 * 2^11 < 2^30
    expect(check(only(12)).widths.get(QUERY)).toMatchObject({ accumulatorBits: 31 });
    expect(faults(only(13))).toEqual([`VT359 ${QUERY}`]);
  });

  it('says where, what and what would be legal', () => {
    const place = { file: 'a.vit.ts', line: 3, column: 5 };
    const bad = change(graph, 'scores', (n) => ({ ...n, multiplier: 70000, place }));
    expect(() => check(bad)).toThrow(
      `VT354 a.vit.ts:3:5: ${SCORES}: multiplier is 70000. Integers 1 .. 65535 are legal.`,
    );
    const unplaced = change(graph, 'scores', (n) => ({ ...n, multiplier: 70000 }));
    expect(() => check(unplaced)).toThrow(`VT354 ${SCORES}: multiplier is 70000.`);
  });
});
