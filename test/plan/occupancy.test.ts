import { describe, expect, it } from 'vitest';
import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import {
  type CycleParts,
  type EngineShape,
  occupancy,
  planShape,
  type Wait,
} from '../../src/plan/index.ts';
import { type RandomGraphOptions, randomGraph } from '../support/random-graph.ts';

const board = loadBoard('zcu104', '.');

const cases: readonly [string, Partial<RandomGraphOptions>, EngineShape][] = [
  ['short passes', { tokens: 5 }, { tokens: 1, inputs: 8, outputs: 4, vector: 2 }],
  ['one head', { heads: 1, tokens: 19 }, { tokens: 2, inputs: 4, outputs: 8, vector: 4 }],
  ['three heads, two blocks', { width: 24, heads: 3, depth: 2, tokens: 37 }, square(8)],
  ['mean pooling', { pooling: 'mean', tokens: 16 }, square(4)],
  ['a tile larger than the model', { width: 16, tokens: 10 }, square(32)],
];

function square(side: number): EngineShape {
  return { tokens: side % 2 === 0 ? 2 : 1, inputs: side, outputs: side, vector: Math.min(4, side) };
}

/** All cycles of some parts. */
function total({ useful, padding, shortPasses, firstTiles, weights, fetch, waiting }: CycleParts) {
  const lost = [padding, shortPasses, firstTiles, weights, fetch, ...Object.values(waiting)];
  expect(Math.min(useful, ...lost)).toBeGreaterThanOrEqual(0);
  return lost.reduce((sum, cycles) => sum + cycles, useful);
}

describe('occupancy', () => {
  it.each(cases)('accounts for every cycle of a frame: %s', (_name, options, shape) => {
    const plan = planShape(check(randomGraph(options)), board, 100, shape);
    const { operations, layers, ...whole } = occupancy(plan);
    expect(whole.perFrame).toBe(plan.cycles.perFrame);
    expect(total(whole)).toBeCloseTo(whole.perFrame, 6);
    expect(whole.useful / whole.perFrame).toBeCloseTo(plan.utilization, 12);
    for (const shares of [operations, layers]) {
      for (const share of shares) expect(total(share), share.name).toBeCloseTo(share.cycles, 6);
      expect(shares.reduce((sum, { cycles }) => sum + cycles, 0)).toBe(whole.perFrame);
      expect(shares.reduce((sum, { products }) => sum + products, 0)).toBe(plan.products);
      for (const cause of ['shortPasses', 'firstTiles', 'weights', 'fetch'] as const) {
        expect(shares.reduce((sum, share) => sum + share[cause], 0)).toBe(whole[cause]);
      }
      for (const wait of Object.keys(whole.waiting) as Wait[]) {
        expect(shares.reduce((sum, { waiting }) => sum + waiting[wait], 0)).toBe(
          whole.waiting[wait],
        );
      }
    }
  });

  it('accounts for every cycle while weights come from external memory', () => {
    const shape = square(16);
    const plan = planShape(
      check(randomGraph({ width: 48, tokens: 33, hidden: 512 })),
      board,
      100,
      shape,
      {
        axiBits: 64,
      },
    );
    expect(plan.stream).not.toBeNull();
    const { layers, ...whole } = occupancy(plan);
    expect(total(whole)).toBeCloseTo(plan.cycles.perFrame, 6);
    expect(whole.weights).toBeGreaterThan(0);
    expect(layers.reduce((sum, { weights }) => sum + weights, 0)).toBe(whole.weights);
  });

  it('names the layers of the model, each with its own operations', () => {
    const graph = check(randomGraph({ depth: 2, heads: 2 }));
    const { operations, layers } = occupancy(planShape(graph, board, 100, square(4)));
    expect(layers.map(({ name }) => name)).toEqual([
      ...['patchEmbedding', 'block0.attention', 'block0.mlp', 'block1.attention', 'block1.mlp'],
      ...['head', 'streams'],
    ]);
    for (const { name, layer } of operations) {
      if (layer.startsWith('block'))
        expect(name.startsWith(layer), `${name} in ${layer}`).toBe(true);
    }
    for (const { name, products } of layers) expect(products > 0).toBe(name !== 'streams');
  });

  it('loses nothing to a softmax where there is none, and something where it holds the array up', () => {
    const graph = check(randomGraph({ tokens: 40, heads: 1, width: 8, hidden: 8 }));
    const { layers } = occupancy(planShape(graph, board, 100, { ...square(8), vector: 1 }));
    const waited = layers.map(({ name, waiting }) => [name, waiting.softmax > 0]);
    expect(Object.fromEntries(waited)).toMatchObject({
      ...{ patchEmbedding: false, 'block0.attention': true, 'block0.mlp': false, head: false },
    });
  });

  it('finds the cause where it is known', () => {
    const graph = check(randomGraph({ tokens: 5, width: 16, heads: 2 }));
    const [wide, narrow] = [8, 2].map((side) => {
      const { padding, shortPasses, useful } = occupancy(
        planShape(graph, board, 100, square(side)),
      );
      return { padding: padding / useful, shortPasses };
    }) as [Shares, Shares];
    // Five rows never fill the shortest pass; a tile of 2 divides 16 channels and heads of 8.
    expect(wide.shortPasses).toBeGreaterThan(0);
    expect(narrow.padding).toBeLessThan(wide.padding);
  });
});

interface Shares {
  readonly padding: number;
  readonly shortPasses: number;
}
