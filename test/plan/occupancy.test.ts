import { describe, expect, it } from 'vitest';
import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import { type EngineShape, occupancy, planShape } from '../../src/plan/index.ts';
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

describe('occupancy', () => {
  it.each(cases)('accounts for every cycle of a frame: %s', (_name, options, shape) => {
    const plan = planShape(check(randomGraph(options)), board, 100, shape);
    const { perFrame, waiting, ...parts } = occupancy(plan);
    const causes = [...Object.values(parts), ...Object.values(waiting)];
    expect(causes.reduce((sum, cycles) => sum + cycles, 0)).toBe(perFrame);
    expect(Math.min(...causes)).toBeGreaterThanOrEqual(0);
    expect(parts.useful / perFrame).toBeCloseTo(plan.utilization, 12);
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
