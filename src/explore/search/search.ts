import type { Board } from '../../boards/index.ts';
import { productsPerCycle } from '../../plan/index.ts';
import type { TileGroup } from '../../plan/tiles.ts';
import { isWithin, type PointLimits } from '../binding.ts';
import { paretoFront } from '../front.ts';
import { shareOf } from '../point.ts';
import type { SpaceOptions } from '../space.ts';
import { measuresOf } from './measures.ts';
import { forEachOf, type TaskPool } from './pool.ts';
import type { Row, TileTask } from './task.ts';

export interface SearchInput {
  readonly pool: TaskPool;
  readonly board: Board;
  readonly limits: PointLimits;
  /** In order of size. */
  readonly tiles: readonly TileGroup[];
  readonly options: SpaceOptions;
  /** Numbers of the graphs, in the order of their precision. */
  readonly graphs: readonly number[];
  /** Useful products of a frame. */
  readonly products: number;
  /** Cycles of a frame that are few enough; undefined: as few as the board gives. */
  readonly mostCycles: number | undefined;
  /** Whether the fastest plan is wanted where none is fast enough. */
  readonly whole: boolean;
  /** Is told of every tile that is done: its share, and the fewest cycles so far. */
  readonly onTile?: (done: number, of: number, best: Row | undefined) => void;
}

export interface SearchOutcome {
  /** Points worth keeping; those of which only a bound is known are among them. */
  readonly rows: readonly Row[];
  /** The point that comes nearest to fitting, where none does. */
  readonly nearest: Row | null;
  readonly counts: {
    readonly points: number;
    readonly evaluated: number;
    readonly cut: number;
    readonly stored: number;
    readonly fitting: number;
    readonly late: number;
    /** Seconds of work of all workers together, in this run. */
    readonly work: number;
    /** Of the evaluated: in this run. */
    readonly fresh: number;
  };
}

/**
 * Works out all points of the space that can be in the answer. With a number of cycles to reach,
 * tiles whose products alone take longer are cut; where nothing reaches it they are worked out
 * after all, the largest first, until none can be faster than what was found.
 */
export async function searchTiles(input: SearchInput): Promise<SearchOutcome> {
  const { pool, board, tiles, options, graphs, products, mostCycles, limits, onTile } = input;
  const least = (tile: TileGroup) => products / productsPerCycle(tile);
  const isTooSlow = (tile: TileGroup) => mostCycles !== undefined && least(tile) > mostCycles;
  const rows: Row[] = [];
  const counts = {
    points: 0,
    evaluated: 0,
    cut: 0,
    stored: 0,
    fitting: 0,
    late: 0,
    work: 0,
    fresh: 0,
  };
  let nearest: Row | null = null;
  let best: Row | undefined;
  let done = 0;
  let total = tiles.length;
  const cutBefore = new Map<TileGroup, number>();
  const run = async (tile: TileGroup, tooSlow: boolean) => {
    const shared = { board, limits, options, graphs };
    const task: TileTask = { kind: 'tile', tile, tooSlow, ...shared };
    const { result, stored } = await pool.run(task);
    for (const row of result.rows) {
      rows.push(row);
      if (row.exact && (!best || row.cyclesPerFrame < best.cyclesPerFrame)) best = row;
    }
    if (result.nearest && (!nearest || shareOf(result.nearest, board) < shareOf(nearest, board))) {
      nearest = result.nearest;
    }
    // A tile that was cut before is counted once.
    const before = cutBefore.get(tile) ?? 0;
    if (tooSlow) cutBefore.set(tile, result.cut);
    counts.points += result.points - before;
    counts.cut += result.cut - before;
    counts.evaluated += result.evaluated;
    counts.fitting += result.fitting;
    counts.late += result.late;
    if (stored) counts.stored += result.evaluated;
    else {
      counts.fresh += result.evaluated;
      counts.work += tooSlow ? 0 : result.seconds;
    }
    onTile?.(++done, total, best);
  };
  // Large tiles first: they have the most to tell.
  const order = [...tiles].reverse();
  await forEachOf(order, pool.workers, (tile) => run(tile, isTooSlow(tile)));
  const isEnough = ({ cyclesPerFrame }: Row) =>
    mostCycles === undefined || cyclesPerFrame <= mostCycles;
  // Where a bound says that a late point is fast enough, it has to be worked out before it counts.
  if (input.whole && mostCycles !== undefined && !rows.some((row) => row.exact && isEnough(row))) {
    const slow = order.filter(isTooSlow);
    total += slow.length;
    await forEachOf(slow, pool.workers, async (tile) => {
      if (best && least(tile) >= best.cyclesPerFrame) return;
      await run(tile, false);
    });
  }
  const enough = rows.filter(isEnough);
  const kept = enough.some(({ exact }) => exact) ? enough : rows;
  return { rows: kept, nearest: rows.length > 0 ? null : nearest, counts };
}

/** Points of a front that are worked out cycle by cycle at most, the others being left out. */
const MOST_EXACT = 16;

/** Rows of which those that matter are worked out exactly when they are asked for. */
export interface Settler {
  /** The front of the rows. */
  front(): Promise<readonly Row[]>;
  /** The row that a choice takes of the rows, worked out exactly; null where it takes none. */
  choose(choice: (rows: readonly Row[]) => Row | null): Promise<Row | null>;
  /** Rows of which only a bound is known. */
  unsettled(): number;
}

/** @param limits what a row must keep once its cycles are exact */
export function createSettler(
  pool: TaskPool,
  board: Board,
  given: readonly Row[],
  limits: PointLimits,
): Settler {
  let rows = given;
  const settle = async (late: readonly Row[]) => {
    const settled = new Map<Row, Row>();
    await forEachOf(late, pool.workers, async (row) => {
      const { result } = await pool.run({ kind: 'exact', board, row });
      settled.set(row, result);
    });
    rows = rows.flatMap((row) => {
      const exact = settled.get(row);
      if (!exact) return [row];
      return isWithin(limits, exact) ? [exact] : [];
    });
  };
  return {
    unsettled: () => rows.filter(({ exact }) => !exact).length,
    async choose(choice) {
      // A bound is never above the cycles: a row that is chosen with exact cycles is the best.
      for (;;) {
        const chosen = choice(rows);
        if (!chosen || chosen.exact) return chosen;
        await settle([chosen]);
      }
    },
    async front() {
      for (let left = MOST_EXACT; ; ) {
        const front = paretoFront(rows, measuresOf);
        const late = front.filter(({ exact }) => !exact).slice(0, left);
        if (late.length === 0) {
          const isSettled = front.every(({ exact }) => exact);
          const exact = rows.filter((row) => row.exact);
          return isSettled ? front : paretoFront(exact, measuresOf);
        }
        left -= late.length;
        await settle(late);
      }
    },
  };
}
