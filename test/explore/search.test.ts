import { describe, expect, it } from 'vitest';
import { type Board, loadBoard } from '../../src/boards/index.ts';
import { multiplierKinds } from '../../src/dsl/design.ts';
import { pointLimits } from '../../src/explore/binding.ts';
import { paretoFront } from '../../src/explore/front.ts';
import { thinGraph } from '../../src/explore/graphs/thin.ts';
import { shareOf } from '../../src/explore/point.ts';
import { measuresOf } from '../../src/explore/search/measures.ts';
import { createPool } from '../../src/explore/search/pool.ts';
import { createSettler, searchTiles } from '../../src/explore/search/search.ts';
import type { Row } from '../../src/explore/search/task.ts';
import { BUSES, type SpaceOptions, tileGroups } from '../../src/explore/space.ts';
import { fits } from '../../src/plan/budget.ts';
import { isAsked, legalMultipliers, planShape, type WeightPlace } from '../../src/plan/index.ts';
import { shapesOf } from '../../src/plan/tiles.ts';
import { graphOf } from './graphs.ts';

const graphs = [graphOf('shallow', 8, 8), graphOf('shallow', 4, 4)];
const nothing = { read: () => undefined, write: () => {} };
const options: SpaceOptions = {
  clocksMHz: [100],
  multipliers: multiplierKinds,
  primitives: [false],
  splits: true,
  onChip: true,
  buses: BUSES.slice(0, 2),
};
/** Small, wide and large tiles. */
const tiles = tileGroups(false).filter((_, i) => i % 14 === 3);
const places: readonly WeightPlace[] = ['onChip', { axiBits: 64 }, { axiBits: 128 }];

/** A board on which some of the tiles fit. */
function boardWith(lut: number, dsp: number): Board {
  const board = loadBoard('arty-a7-100', '.');
  return { ...board, resources: { ...board.resources, lut, dsp } };
}

/** Every point of the space by the planner itself, those that fit. */
function everyPlan(board: Board): readonly Row[] {
  return graphs.flatMap((checked, graph) =>
    tiles.flatMap(shapesOf).flatMap((tile) =>
      legalMultipliers(checked.graph, tile, board)
        .filter((multipliers) => isAsked(multipliers, { board: '' }))
        .flatMap((multipliers) =>
          places.flatMap((place): Row[] => {
            const plan = planShape(checked, board, 100, { ...tile, multipliers }, place);
            if (!fits(plan.estimate, board)) return [];
            const { perFrame: cyclesPerFrame, latency: latencyCycles } = plan.cycles;
            const { estimate } = plan;
            const found = { cyclesPerFrame, latencyCycles, estimate, weightBytes: 0, exact: true };
            return [{ graph, tile, multipliers, place, ...found }];
          }),
        ),
    ),
  );
}

describe.each([
  ['a board for the small tiles', boardWith(9_000, 40)],
  ['a board for most of them', boardWith(60_000, 240)],
])('on %s', (_, board) => {
  const every = everyPlan(board);
  const [checked] = graphs;
  const [shape] = tiles.flatMap(shapesOf);
  if (!checked || !shape) throw new Error('an empty space');
  const { products } = planShape(checked, board, 100, shape);
  const search = async (mostCycles: number | undefined) => {
    const pool = createPool(graphs.map(thinGraph), 'test', nothing, 1);
    const limits = { limits: pointLimits(board, 100), whole: true };
    const input = { pool, board, tiles, options, products, mostCycles, graphs: [0, 1], ...limits };
    const outcome = await searchTiles(input);
    return {
      ...outcome,
      settler: createSettler(pool, board, outcome.rows, pointLimits(board, 100)),
    };
  };

  it('the front is that of every plan', async () => {
    const { settler, counts } = await search(undefined);
    const front = await settler.front();
    const expected = paretoFront(every, measuresOf);
    expect(front.map(measuresOf)).toEqual(expected.map(measuresOf));
    expect(counts.fitting).toBe(every.length);
    expect(counts.evaluated + counts.cut).toBe(counts.points);
  });

  it.each([0.2, 0.5, 0.9])(
    'the plan for a rate is the cheapest of every plan: %d',
    async (part) => {
      const rates = every.map(({ cyclesPerFrame }) => cyclesPerFrame).sort((a, b) => a - b);
      const most = rates[Math.floor(part * (rates.length - 1))] as number;
      const cheapest = (rows: readonly Row[]) =>
        rows
          .filter((row) => row.cyclesPerFrame <= most && row.graph === 0)
          .reduce<Row | null>(
            (best, row) => (best && shareOf(best, board) <= shareOf(row, board) ? best : row),
            null,
          );
      const { settler, counts } = await search(most);
      const found = await settler.choose(cheapest);
      const expected = cheapest(every);
      expect(found && shareOf(found, board)).toBe(expected && shareOf(expected, board));
      expect(counts.cut).toBeGreaterThan(0);
    },
  );

  it('a rate out of reach gives the fastest of every plan', async () => {
    const { settler } = await search(1);
    const fastest = (rows: readonly Row[]) =>
      rows.reduce<Row | null>(
        (best, row) => (best && best.cyclesPerFrame <= row.cyclesPerFrame ? best : row),
        null,
      );
    const found = await settler.choose(fastest);
    expect(found?.cyclesPerFrame).toBe(fastest(every)?.cyclesPerFrame);
  });
});
