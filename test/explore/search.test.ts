import { describe, expect, it } from 'vitest';
import { type Board, loadBoard } from '../../src/boards/index.ts';
import type { CheckedGraph } from '../../src/check/index.ts';
import { multiplierKinds } from '../../src/dsl/design.ts';
import type { MixedRows } from '../../src/dsl/quant-method.ts';
import { pointLimits } from '../../src/explore/binding.ts';
import { keepsKeys } from '../../src/explore/evaluate/legal-arrays.ts';
import { rowsInTile } from '../../src/explore/evaluate/row-share.ts';
import { paretoFront } from '../../src/explore/front.ts';
import { thinGraph } from '../../src/explore/graphs/thin.ts';
import { shareOf } from '../../src/explore/point.ts';
import { measuresOf } from '../../src/explore/search/measures.ts';
import { createPool } from '../../src/explore/search/pool.ts';
import { createSettler, searchTiles } from '../../src/explore/search/search.ts';
import type { Row } from '../../src/explore/search/task.ts';
import { BUSES, type SpaceOptions, tileGroups } from '../../src/explore/space.ts';
import { BUDGET, fits } from '../../src/plan/budget.ts';
import {
  type EngineShape,
  isAsked,
  legalMultipliers,
  type Multipliers,
  planShape,
  type WeightPlace,
} from '../../src/plan/index.ts';
import { estimateResources } from '../../src/plan/resources.ts';
import { shapesOf } from '../../src/plan/tiles.ts';
import { graphOf } from './graphs.ts';

const half: MixedRows = { kind: 'fixed', bits: 4, outputs: 1, of: 2 };
const graphs = [
  graphOf('shallow', 8, 8),
  graphOf('shallow', 8, 8, { rows: half }),
  graphOf('shallow', 4, 6),
];
const nothing = { read: () => undefined, write: () => {} };
const options: SpaceOptions = {
  clocksMHz: [100],
  multipliers: multiplierKinds,
  primitives: [false],
  lutOutputs: null,
  lutOperands: null,
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
    tiles.flatMap(shapesOf).flatMap((tile) => {
      const legal = arraysOf(checked, tile, board);
      return places.flatMap((place) =>
        [...legal, ...fewestOnLuts(checked, tile, legal, place, board)].flatMap(
          (multipliers) => rowOf(graph, tile, multipliers, place, board) ?? [],
        ),
      );
    }),
  );
}

/** With rows of another kind those that multiply them on LUTs alone. */
function arraysOf(checked: CheckedGraph, tile: EngineShape, board: Board): Multipliers[] {
  const own = rowsInTile(checked, tile.outputs)?.graph;
  if (!own) return [];
  const alone = { lutOperands: 'weights', lutOutputs: own.rows?.outputs } as const;
  const onLuts = legalMultipliers(own, tile, board, alone)
    .filter((m) => keepsKeys(tile, m))
    .filter((m) => isAsked(m, { board: '', ...alone }));
  if (own.rows) return onLuts;
  const all = legalMultipliers(own, tile, board).filter((m) => isAsked(m, { board: '' }));
  return own === graphs[0]?.graph ? all : [...all, ...onLuts];
}

function rowOf(
  graph: number,
  tile: EngineShape,
  multipliers: Multipliers,
  place: WeightPlace,
  board: Board,
): Row | null {
  const checked = rowsInTile(graphs[graph] as CheckedGraph, tile.outputs) as CheckedGraph;
  const plan = planShape(checked, board, 100, { ...tile, multipliers }, place);
  if (!fits(plan.estimate, board)) return null;
  const { perFrame: cyclesPerFrame, latency: latencyCycles } = plan.cycles;
  const { estimate } = plan;
  const found = { cyclesPerFrame, latencyCycles, estimate, weightBytes: 0, exact: true };
  return { graph, tile, multipliers, place, ...found };
}

/** The fewest outputs on LUTs that leave enough DSPs, where that is no number of eighths. */
function fewestOnLuts(
  checked: CheckedGraph,
  tile: EngineShape,
  legal: readonly Multipliers[],
  place: WeightPlace,
  board: Board,
): readonly Multipliers[] {
  const ways = new Map(
    legal
      .filter((m) => m.lutOutputs > 0 && m.lutBits === undefined)
      .map((m) => [`${m.style} ${m.cell}`, m]),
  );
  return [...ways.values()].flatMap((multipliers) => {
    const { parameters } = planShape(checked, board, 100, { ...tile, multipliers }, place);
    const dspsWith = (LUT_TO: number) => estimateResources({ ...parameters, LUT_TO }, board).dsp;
    let lutOutputs = 1;
    while (lutOutputs < tile.outputs && dspsWith(lutOutputs) > BUDGET * board.resources.dsp) {
      lutOutputs++;
    }
    const isMore = lutOutputs < tile.outputs && (8 * lutOutputs) % tile.outputs !== 0;
    return isMore ? [{ ...multipliers, lutOutputs }] : [];
  });
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
  const search = async (mostCycles: number | undefined, space = options) => {
    const pool = createPool(graphs.map(thinGraph), 'test', nothing, 1);
    const limits = { limits: pointLimits(board, 100), whole: true };
    const shared = { pool, board, tiles, products, mostCycles, graphs: [0, 1, 2], ...limits };
    const input = { ...shared, options: space };
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

  it.runIf(board.resources.dsp > 100)('no number of outputs on LUTs is faster', async () => {
    const { settler } = await search(undefined);
    const [fastest] = await settler.front();
    const most = fastest?.cyclesPerFrame ?? 0;
    let tried = 0;
    const some = tiles.filter(({ outputs }) => outputs >= 8 && outputs <= 16);
    for (const tile of some.flatMap(shapesOf)) {
      const legal = legalMultipliers(checked.graph, tile, board);
      const split = legal.find((m) => m.lutOutputs > 0);
      if (!split) continue;
      for (let lutOutputs = 1; lutOutputs < tile.outputs; lutOutputs++) {
        const row = rowOf(0, tile, { ...split, lutOutputs }, 'onChip', board);
        if (!row) continue;
        tried++;
        expect(row.cyclesPerFrame).toBeGreaterThanOrEqual(most);
      }
    }
    expect(tried).toBeGreaterThan(0);
  });

  it('a number of outputs on LUTs that is asked for is kept', async () => {
    const { rows } = await search(undefined, { ...options, lutOutputs: 3 });
    expect(rows.length).toBeGreaterThan(0);
    for (const { multipliers, tile } of rows) {
      expect(multipliers.lutOutputs).toBe(3);
      expect(tile.outputs).toBeGreaterThan(3);
    }
  });

  it.runIf(board.resources.dsp > 100)('what outputs on LUTs multiply is kept', async () => {
    const { rows } = await search(undefined, { ...options, lutOperands: 'weights' });
    // Also where weights have as many bits as all else.
    expect(new Set(rows.map(({ graph }) => graph))).toContain(0);
    for (const { multipliers } of rows) expect(multipliers.lutBits).toBeDefined();
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
