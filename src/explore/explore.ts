import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { keyOf, openStore, sourcesOf } from '../accuracy/store.ts';
import { type Board, knownBoards, loadBoard } from '../boards/index.ts';
import { multiplierKinds, type Target } from '../dsl/design.ts';
import { type AnyDesign, loadAnyDesign } from '../dsl/load.ts';
import { readsRowsAlone } from '../plan/choose.ts';
import { planShape } from '../plan/index.ts';
import { usefulProducts } from '../plan/program.ts';
import { schedule } from '../plan/schedule/index.ts';
import { type RunStep, stepper } from '../tools/index.ts';
import { cacheFolder } from '../verify/cache.ts';
import { detailsOf } from './details.ts';
import { bitsOfDesign } from './plan-file/index.ts';
import { exploredPlan, type RowContext, shareOf } from './point.ts';
import { type PreparedGraph, prepareGraphs, type RefusedBits } from './prepare.ts';
import { createPool, type TaskPool } from './search/pool.ts';
import { createSettler, type SearchOutcome, type Settler, searchTiles } from './search/search.ts';
import type { Row } from './search/task.ts';
import {
  BUSES,
  bitsName,
  hasExternalMemory,
  precisionOf,
  type SpaceOptions,
  tileGroups,
  USUAL_BITS,
} from './space.ts';
import type { Alternative, ExploredPlan, ExploreResult, PlanBits, WeightBus } from './types.ts';

export interface ExploreOptions {
  /** Name of a board, or the path of a board file; the design's own when absent. */
  readonly board?: string | undefined;
  readonly targetFps?: number | undefined;
  /** Bits to search over; the design's own and the usual ones when absent. */
  readonly bits?: readonly { readonly weights: number; readonly activations: number }[] | undefined;
  /** Clocks in MHz; the design's own, or the board's, when absent. */
  readonly clocksMHz?: readonly number[] | undefined;
  readonly buses?: readonly WeightBus[] | undefined;
  readonly workers?: number | undefined;
  /** Folder for results; that of all caches when absent. */
  readonly storeFolder?: string | undefined;
  /** Where the target is out of reach: whether other boards and bits are searched. */
  readonly alternatives?: boolean | undefined;
  /** Is told how far the search is, and of the best plan so far. */
  readonly onProgress?: ((share: number, best: ExploredPlan | undefined) => void) | undefined;
}

export interface Explored {
  readonly result: ExploreResult;
  readonly design: AnyDesign;
  readonly folder: string;
  readonly refused: readonly RefusedBits[];
  /** The graphs of the search, without their weights. */
  readonly graphs: readonly PreparedGraph[];
}

/** Steps that `explore` runs. */
export const exploreSteps = 4;

/**
 * Searches for plans of a design; docs/exploration.md. Throws `DiagnosticsError` for faults of the
 * design and of the board file.
 */
export async function explore(
  designPath: string,
  options: ExploreOptions = {},
  step: RunStep = stepper(exploreSteps),
): Promise<Explored> {
  const { design, folder } = await step('describe', () => loadAnyDesign(designPath));
  const { board, boardName } = boardOf(design, folder, options.board);
  const store = openStore(join(options.storeFolder ?? cacheFolder(), 'explore'));
  const prepared = await step(
    'quantize',
    () => prepareGraphs(design, folder, candidateBits(design, options.bits), store),
    ({ graphs }) => graphs.map(({ bits }) => bitsName(bits)).join(' '),
  );
  const { graphs } = prepared;
  const checked = graphs.map((graph) => graph.checked);
  const version = sourcesOf('plan', 'explore', 'boards');
  const key = keyOf(
    version,
    checked.map(({ graph, widths }) => [graph, widths]),
  );
  const pool = createPool(checked, key, store, options.workers);
  const began = performance.now();
  try {
    const search = createSearch({ design, board, boardName, graphs, pool, options });
    const found = await step('search', search.run, ({ counts }) => `${counts.evaluated} plans`);
    const settler = createSettler(pool, board, found.rows);
    const { answer, front } = await step('settle', async () => ({
      answer: await search.answer(settler),
      front: await settler.front(),
    }));
    const seconds = (performance.now() - began) / 1000;
    const reached = search.reaches(answer);
    const wanted = !reached && options.alternatives !== false && options.targetFps !== undefined;
    const alternatives = wanted ? await search.elsewhere() : [];
    const { work, fresh, late, ...counts } = found.counts;
    return {
      design,
      folder,
      refused: prepared.refused,
      graphs,
      result: {
        design: design.name,
        board,
        targetFps: options.targetFps ?? null,
        reached,
        nearest: found.nearest && search.explored(found.nearest),
        answer: answer && { ...search.explored(answer), details: search.details(answer) },
        front: front.map(search.explored),
        alternatives,
        counts: {
          ...counts,
          unsettled: late + settler.unsettled(),
          seconds,
          workers: pool.workers,
          plansPerSecondAndCore: work > 0 ? fresh / work : null,
        },
      },
    };
  } finally {
    await pool.close();
  }
}

/** The board, and its name as a plan file has it: relative to the folder of the design. */
function boardOf(design: AnyDesign, folder: string, given: string | undefined) {
  if (given === undefined) {
    const { board: boardName } = design.target;
    return { board: loadBoard(boardName, folder, design.places['target.board']), boardName };
  }
  if (!given.endsWith('.json') && !given.includes('/')) {
    return { board: loadBoard(given, folder), boardName: given };
  }
  const path = isAbsolute(given) ? given : resolve(given);
  const fromDesign = relative(folder, path).split(sep).join('/');
  const boardName = fromDesign.includes('/') ? fromDesign : `./${fromDesign}`;
  return { board: loadBoard(boardName, folder), boardName };
}

/** The most precise first. */
function candidateBits(
  design: AnyDesign,
  given: ExploreOptions['bits'],
): readonly (PlanBits | null)[] {
  const own = bitsOfDesign(design);
  if (!own) return [null];
  const asked = given ?? USUAL_BITS.map(([weights, activations]) => ({ weights, activations }));
  const all = [
    ...(given ? [] : [own]),
    ...asked.map((bits) => ({ ...own, layers: null, ...bits })),
  ];
  const unique = new Map(all.map((bits) => [bitsName(bits), bits]));
  return [...unique.values()].sort((a, b) => precisionOf(b) - precisionOf(a));
}

interface SearchSetting {
  readonly design: AnyDesign;
  readonly board: Board;
  readonly boardName: string;
  readonly graphs: readonly PreparedGraph[];
  readonly pool: TaskPool;
  readonly options: ExploreOptions;
}

/** What is left open by the design's target and the options. */
function spaceOf(
  target: Target,
  board: Board,
  options: ExploreOptions,
  own: boolean,
): SpaceOptions {
  const { weights, weightBus, multipliers, primitives, clockMHz } = target;
  const external = weights !== 'onChip' && (weights === 'external' || hasExternalMemory(board));
  const buses = options.buses ?? (weightBus ? [weightBus] : BUSES);
  const clock = own ? (clockMHz ?? board.defaultClockMHz) : board.defaultClockMHz;
  const clocksMHz = options.clocksMHz ?? [clock];
  // Cycles count on a memory that gives a beat in every cycle.
  const bytes = board.externalMemory?.bytesPerSecond ?? Number.POSITIVE_INFINITY;
  const isKept = (bus: WeightBus) => (bus / 8) * Math.max(...clocksMHz) * 1e6 <= bytes;
  return {
    clocksMHz,
    multipliers: multipliers ? [multipliers] : multiplierKinds,
    primitives: primitives === undefined ? [false, true] : [primitives],
    onChip: weights !== 'external',
    buses: external ? buses.filter(isKept) : [],
  };
}

function createSearch(setting: SearchSetting) {
  const { design, board, boardName, graphs, pool, options } = setting;
  const { targetFps } = options;
  const [reference] = graphs as [PreparedGraph];
  const products = productsOf(reference);
  const tiles = tileGroups(readsRowsAlone(reference.checked.graph) !== undefined);
  const bits = graphs.map((graph) => graph.bits);
  const space = spaceOf(design.target, board, options, boardName === design.target.board);
  const clockMHz = Math.max(...space.clocksMHz);
  const context: RowContext = { board, boardName, bits, products };
  const cyclesAt = (clock: number) =>
    targetFps === undefined ? undefined : (clock * 1e6) / targetFps;
  const mostCycles = cyclesAt(clockMHz);
  const misses = ({ cyclesPerFrame }: Row) =>
    mostCycles !== undefined && cyclesPerFrame > mostCycles;
  /** The slowest clock that reaches the target. */
  const clockOf = (row: Row) => {
    const rising = [...space.clocksMHz].sort((a, b) => a - b);
    const enough = rising.find((clock) => row.cyclesPerFrame <= (cyclesAt(clock) ?? 0));
    return enough ?? clockMHz;
  };
  const explored = (row: Row) => exploredPlan(row, clockOf(row), context);
  const indices = graphs.map((_, i) => i);
  return {
    misses,
    explored,
    reaches: (row: Row | null) => targetFps === undefined || (row !== null && !misses(row)),
    run: (): Promise<SearchOutcome> =>
      searchTiles({
        ...{ pool, board, tiles, products, mostCycles, options: space, graphs: indices },
        onTile: (done, of, best) => options.onProgress?.(done / of, best && explored(best)),
      }),
    /** The row to take. */
    answer(settler: Settler): Promise<Row | null> {
      const own = bitsName(bitsOfDesign(design));
      const at = bits.findIndex((b) => bitsName(b) === own);
      return settler.choose((rows) => {
        if (targetFps === undefined) {
          const same = rows.filter(({ graph }) => graph === at);
          return fastest(same.length > 0 ? same : rows, board);
        }
        return (
          leastOfMostPrecise(
            rows.filter((row) => !misses(row)),
            board,
          ) ?? fastest(rows, board)
        );
      });
    },
    details(row: Row) {
      const { tile, multipliers, place, graph } = row;
      const prepared = graphs[graph] as PreparedGraph;
      const plan = planShape(
        prepared.checked,
        board,
        clockOf(row),
        { ...tile, multipliers },
        place,
      );
      const same =
        plan.cycles.perFrame === row.cyclesPerFrame && plan.cycles.latency === row.latencyCycles;
      // The search is exact: this would be a fault of it, and no answer may be wrong.
      if (!same) {
        throw new Error(
          `the search has ${row.cyclesPerFrame} cycles a frame and the planner ${plan.cycles.perFrame}`,
        );
      }
      return detailsOf(plan);
    },
    /** Boards that reach the target, those with the fewest LUTs first. */
    async elsewhere(): Promise<readonly Alternative[]> {
      const others = knownBoards()
        .filter((name) => name !== board.name)
        .map((name) => loadBoard(name, '.'))
        .sort((a, b) => a.resources.lut - b.resources.lut);
      const found: Alternative[] = [];
      for (const other of others) {
        const own = spaceOf({ ...design.target, clockMHz: undefined }, other, options, false);
        const clock = Math.max(...own.clocksMHz);
        const most = (clock * 1e6) / (targetFps ?? 1);
        const few = tiles.filter(
          (tile) => products / (tile.tokens * tile.inputs * tile.outputs) <= most,
        );
        const outcome = await searchTiles({
          ...{ pool, products, options: own, graphs: indices, board: other },
          ...{ tiles: few, mostCycles: undefined },
        });
        const enough = outcome.rows.filter((row) => row.exact && row.cyclesPerFrame <= most);
        const row = leastOfMostPrecise(enough, other);
        if (!row) continue;
        const there = { ...context, board: other, boardName: other.name };
        found.push({ kind: 'board', plan: exploredPlan(row, clock, there) });
        if (found.length === MOST_ALTERNATIVES) break;
      }
      return found;
    },
  };
}

const MOST_ALTERNATIVES = 3;

/** Of the plans with the most bits the one that takes least of the board. */
function leastOfMostPrecise(rows: readonly Row[], board: Board): Row | null {
  const precise = Math.min(...rows.map(({ graph }) => graph));
  return leastOf(
    rows.filter(({ graph }) => graph === precise),
    (row) => shareOf(row, board),
  );
}

function fastest(rows: readonly Row[], board: Board): Row | null {
  const fewest = Math.min(...rows.map(({ cyclesPerFrame }) => cyclesPerFrame));
  return leastOf(
    rows.filter(({ cyclesPerFrame }) => cyclesPerFrame === fewest),
    (row) => shareOf(row, board),
  );
}

/** The first of those with the least. */
function leastOf(rows: readonly Row[], measure: (row: Row) => number): Row | null {
  let best: Row | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const own = measure(row);
    if (own < least) [best, least] = [row, own];
  }
  return best;
}

function productsOf({ checked }: PreparedGraph): number {
  const some = { tokens: 1, inputs: 1, outputs: 1, vector: 1 };
  const whole = { overlapNorms: false, streamed: () => false };
  const { matmuls } = schedule(checked.graph, some, whole);
  return matmuls.reduce((sum, operation) => sum + usefulProducts(operation), 0);
}
