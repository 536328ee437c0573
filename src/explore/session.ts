import type { Board } from '../boards/index.ts';
import type { CheckedGraph } from '../check/index.ts';
import type { AnyDesign } from '../dsl/load.ts';
import { readsRowsAlone } from '../plan/choose.ts';
import { planShape } from '../plan/index.ts';
import { usefulProducts } from '../plan/program.ts';
import { schedule } from '../plan/schedule/index.ts';
import { splitGroups } from '../plan/weight-groups.ts';
import { type Budget, type PointLimits, pointLimits } from './binding.ts';
import { fastest, leastOfMostPrecise } from './choose.ts';
import { detailsOf } from './details.ts';
import { rowsInTile } from './evaluate/row-share.ts';
import type { PreparedGraph } from './graphs/prepare.ts';
import type { ExploreOptions } from './options.ts';
import { bitsOfDesign } from './plan-file/index.ts';
import { exploredPlan, type RowContext } from './point.ts';
import type { TaskPool } from './search/pool.ts';
import { type SearchOutcome, type Settler, searchTiles } from './search/search.ts';
import type { Row } from './search/task.ts';
import { spaceOf } from './setting.ts';
import { bitsName, tileGroups } from './space.ts';
import type { ExploredPlan, PlanDetails } from './types.ts';

/** What is searched: graphs of a design on a board, for a target. */
export interface SearchSetting {
  readonly design: AnyDesign;
  readonly board: Board;
  readonly boardName: string;
  readonly graphs: readonly PreparedGraph[];
  readonly pool: TaskPool;
  readonly options: ExploreOptions;
}

/** A search of one setting, and what its rows are to the target. */
export interface SearchSession {
  readonly limits: PointLimits;
  readonly budget: Budget;
  readonly bits: RowContext['bits'];
  /** @param whole false leaves out tiles that are too slow, even if nothing reaches the target */
  run(whole?: boolean): Promise<SearchOutcome>;
  /** Whether it takes longer than the target allows. */
  misses(row: Row): boolean;
  reaches(row: Row | null): boolean;
  explored(row: Row): ExploredPlan;
  /** The row to take. */
  answer(settler: Settler): Promise<Row | null>;
  /**
   * A row with the figures of the planner itself, and more of them.
   *
   * @param checked the graph at the bits of the row, where it is not that of the search
   */
  detailed(row: Row, checked?: CheckedGraph): ExploredPlan & { readonly details: PlanDetails };
}

export function createSession(setting: SearchSetting): SearchSession {
  const { design, board, boardName, graphs, pool, options } = setting;
  const { targetFps, limits } = options;
  const [reference] = graphs as [PreparedGraph];
  const products = productsOf(reference);
  const { graph } = reference.checked;
  const tiles = tileGroups(readsRowsAlone(graph) !== undefined).filter(
    (tile) => !splitGroups(graph, { ...tile, vector: 1 }),
  );
  const bits = graphs.map((graph) => graph.bits);
  const space = spaceOf(design.target, board, options, boardName === design.target.board);
  const clockMHz = Math.max(...space.clocksMHz);
  const allowed = pointLimits(board, clockMHz, limits);
  const { budget } = allowed;
  const context: RowContext = { board, budget, boardName, bits, products };
  const cyclesAt = (clock: number) =>
    targetFps === undefined ? undefined : (clock * 1e6) / targetFps;
  const latencyAt = (clock: number) =>
    limits?.latencyMs === undefined ? undefined : limits.latencyMs * clock * 1e3;
  const mostCycles = cyclesAt(clockMHz);
  const misses = ({ cyclesPerFrame }: Row) =>
    mostCycles !== undefined && cyclesPerFrame > mostCycles;
  /** The slowest clock that reaches the target. */
  const clockOf = ({ cyclesPerFrame, latencyCycles }: Row) => {
    const rising = [...space.clocksMHz].sort((a, b) => a - b);
    const enough = rising.find(
      (clock) =>
        cyclesPerFrame <= (cyclesAt(clock) ?? 0) &&
        latencyCycles <= (latencyAt(clock) ?? Number.POSITIVE_INFINITY),
    );
    return enough ?? clockMHz;
  };
  const explored = (row: Row) => exploredPlan(row, clockOf(row), context);
  const plan = (row: Row, whole = (graphs[row.graph] as PreparedGraph).checked) => {
    const { tile, multipliers, place } = row;
    const checked = rowsInTile(whole, tile.outputs) ?? whole;
    return planShape(checked, board, clockOf(row), { ...tile, multipliers }, place);
  };
  return {
    ...{ limits: allowed, budget, bits, misses, explored },
    reaches: (row) => targetFps === undefined || (row !== null && !misses(row)),
    run: (whole = true) =>
      searchTiles({
        ...{ pool, board, products, mostCycles, options: space, whole },
        tiles,
        limits: allowed,
        graphs: graphs.map((_, i) => i),
        onTile: (done, of, best) => options.onProgress?.(done / of, best && explored(best)),
      }),
    answer(settler) {
      const own = bitsName(bitsOfDesign(design));
      const at = bits.findIndex((b) => bitsName(b) === own);
      return settler.choose((rows) => {
        if (targetFps === undefined) {
          const same = rows.filter(({ graph }) => graph === at);
          return fastest(same.length > 0 ? same : rows, board);
        }
        const enough = rows.filter((row) => !misses(row));
        return leastOfMostPrecise(enough, board) ?? fastest(rows, board);
      });
    },
    detailed(row, checked) {
      const planned = plan(row, checked);
      const { perFrame, latency } = planned.cycles;
      // The search is exact: this would be a fault of it, and no answer may be wrong.
      if (perFrame !== row.cyclesPerFrame || latency !== row.latencyCycles) {
        throw new Error(
          `the search has ${row.cyclesPerFrame} cycles a frame and the planner ${perFrame}`,
        );
      }
      const { estimate } = planned;
      return { ...explored({ ...row, estimate }), details: detailsOf(planned) };
    },
  };
}

/** Useful products of a frame. */
function productsOf({ checked }: PreparedGraph): number {
  const some = { tokens: 1, inputs: 1, outputs: 1, vector: 1 };
  const whole = { overlapNorms: false, streamed: () => false };
  const { matmuls } = schedule(checked.graph, some, whole);
  return matmuls.reduce((sum, operation) => sum + usefulProducts(operation), 0);
}
