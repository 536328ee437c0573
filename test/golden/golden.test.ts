import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { check } from '../../src/check/index.ts';
import { argMax, goldenResult, prepareGolden, runGolden } from '../../src/golden/index.ts';
import { rangeOf } from '../../src/ir/index.ts';
import { type RandomGraphOptions, randomGraph, randomInput } from '../support/random-graph.ts';
import { reference } from './reference.ts';

const GRAPHS: readonly Partial<RandomGraphOptions>[] = [
  { seed: 1, width: 12, heads: 3, tokens: 5 },
  { seed: 2, width: 8, heads: 1, tokens: 7, pooling: 'mean', activation: 'relu' },
  { seed: 3, width: 10, heads: 5, tokens: 4, weightBits: 2, activationBits: 2 },
  { seed: 4, width: 12, heads: 6, tokens: 3, residualBits: 16, activation: 'random' },
  { seed: 5, width: 6, heads: 2, tokens: 9, weightBits: 4, activation: 'none', hidden: 7 },
  { seed: 6, width: 8, heads: 2, tokens: 1, pooling: 'mean', residualBits: 8, imageChannels: 3 },
  { seed: 7, width: 8, heads: 4, tokens: 2, depth: 2, activationBits: 5, weightBits: 3, patch: 1 },
  { seed: 8, width: 12, heads: 3, tokens: 5, family: 'table' },
  { seed: 9, width: 8, heads: 2, tokens: 6, family: 'table', activationBits: 3, weightBits: 3 },
  { seed: 10, width: 8, heads: 2, tokens: 4, family: 'table', pooling: 'mean', residualBits: 14 },
  { seed: 11, width: 12, heads: 3, tokens: 7, depth: 2, rowExponent: 3 },
  { seed: 12, width: 8, heads: 2, tokens: 6, rowExponent: 1, activationBits: 4, pooling: 'mean' },
  { seed: 13, width: 8, heads: 2, tokens: 6, rowExponent: 7, activationBits: 2, family: 'table' },
  { seed: 14, width: 12, heads: 3, tokens: 5, groupSize: 4, weightBits: 4 },
  { seed: 15, width: 12, heads: 2, tokens: 5, groupSize: 5, weightBits: 2, activation: 'gelu' },
  { seed: 16, width: 8, heads: 2, tokens: 6, groupSize: 4, rowExponent: 3, depth: 2 },
  { seed: 17, width: 8, heads: 2, tokens: 6, groupSize: 2, weightBits: 8, family: 'table' },
];

describe('the golden model', () => {
  it.each(GRAPHS)('equals the BigInt reference in every tensor: %o', (options) => {
    const graph = randomGraph(options);
    check(graph);
    const random = createRandom(99);
    const run = prepareGolden(graph);
    for (let image = 0; image < 2; image++) {
      const input = randomInput(graph, random);
      const golden = run(input);
      const expected = reference(graph, input);
      expect([...golden.keys()]).toEqual([...expected.keys()]);
      for (const [name, codes] of expected) {
        expect(Array.from(golden.get(name) ?? [], BigInt), name).toEqual(codes);
      }
    }
  });

  it.each([1, 3, 7])('gives tokens every step from 2^0 to 2^-%i', (rowExponent) => {
    const seen = new Set<number>();
    for (let seed = 1; seed <= 6; seed++) {
      const graph = randomGraph({ seed, tokens: 9, width: 24, depth: 2, rowExponent });
      const tensors = runGolden(graph, randomInput(graph, createRandom(seed)));
      for (const [name, values] of tensors) {
        if (name.endsWith('.exponents')) for (const e of values) seen.add(e);
      }
    }
    expect([...seen].sort()).toEqual(Array.from({ length: rowExponent + 1 }, (_, e) => e));
  });

  it('keeps every tensor within its format, and uses its range', () => {
    const graph = randomGraph({ tokens: 9, width: 24 });
    const tensors = runGolden(graph, randomInput(graph, createRandom(5)));
    for (const { output } of graph.nodes) {
      const { low, high } = rangeOf(output.format);
      const codes = tensors.get(output.name) ?? new Int32Array();
      expect(
        codes.every((c) => c >= low && c <= high),
        output.name,
      ).toBe(true);
      expect(new Set(codes).size, output.name).toBeGreaterThan(5);
    }
  });

  it('is deterministic and does not write its input', () => {
    const graph = randomGraph();
    const input = randomInput(graph, createRandom(1));
    const copy = input.slice();
    const run = prepareGolden(graph);
    const first = goldenResult(graph, run(input)).slice();
    run(randomInput(graph, createRandom(2)));
    expect(goldenResult(graph, run(input))).toEqual(first);
    expect(input).toEqual(copy);
  });

  it('refuses an input of another length and a graph without a result', () => {
    const graph = randomGraph();
    expect(() => runGolden(graph, new Int32Array(3))).toThrow(/3 codes/);
    expect(() => goldenResult({ ...graph, nodes: [] }, new Map())).toThrow(/no result/);
  });
});

describe('argMax', () => {
  it('is the first of the largest', () => {
    expect(argMax([-5, 3, 9, 9, 1])).toBe(2);
    expect(argMax(Int32Array.of(-4, -9))).toBe(0);
    expect(() => argMax([])).toThrow();
  });
});
