import type { Board } from '../../boards/index.ts';
import type { CheckedGraph } from '../../check/index.ts';
import { multiplierKinds } from '../../dsl/design.ts';
import { BUDGET } from '../../plan/budget.ts';
import type { EngineShape, Multipliers, WeightPlace } from '../../plan/index.ts';
import { shapesOf, type TileGroup } from '../../plan/tiles.ts';
import type { ArrayKind } from '../evaluate/arrays.ts';
import { createEvaluator, type Evaluator, estimateOf, type Worked } from '../evaluate/evaluator.ts';
import { createTemplates } from '../evaluate/frames.ts';
import { paretoFront } from '../front.ts';
import type { SpaceOptions } from '../space.ts';

/** One tile with all its lanes, multipliers, places of weights, and bits. */
export interface TileTask {
  readonly kind: 'tile';
  readonly board: Board;
  readonly tile: TileGroup;
  readonly options: SpaceOptions;
  /** Numbers of the graphs to plan, in the order of their precision. */
  readonly graphs: readonly number[];
  /** Its points are counted and not worked out: a bound says that they are too slow. */
  readonly tooSlow: boolean;
}

/** One point whose weights may come late, cycle by cycle. */
export interface ExactTask {
  readonly kind: 'exact';
  readonly board: Board;
  readonly row: Row;
}

export type Task = TileTask | ExactTask;

/** A point that was worked out: what was chosen, and what came of it. */
export interface Row extends Worked {
  readonly graph: number;
  readonly tile: Pick<EngineShape, 'tokens' | 'inputs' | 'outputs' | 'vector'>;
  readonly multipliers: Multipliers;
  readonly place: WeightPlace;
}

export interface TileResult {
  /** Of the points that fit the board those that no other of the tile is as good as in everything. */
  readonly rows: readonly Row[];
  /** The point that comes nearest to fitting, where none does. */
  readonly nearest: Row | null;
  readonly points: number;
  readonly evaluated: number;
  /** Not worked out because the array alone is too large or too slow. */
  readonly cut: number;
  readonly fitting: number;
  /** Of these: left out because their bus may be too slow, and another is not. */
  readonly late: number;
  /** Seconds of work. */
  readonly seconds: number;
}

export type TaskResult<T extends Task> = T extends TileTask ? TileResult : Row;

/** Runs tasks on graphs of one structure, and keeps what they share from task to task. */
export function createRunner(graphs: readonly CheckedGraph[]): (task: Task) => TileResult | Row {
  const templates = createTemplates(graphs[0] as CheckedGraph);
  const evaluators = new Map<string, Evaluator>();
  const evaluator = (graph: number, board: Board): Evaluator => {
    const key = `${graph} ${JSON.stringify(board)}`;
    const found =
      evaluators.get(key) ?? createEvaluator(graphs[graph] as CheckedGraph, board, templates);
    evaluators.set(key, found);
    return found;
  };
  return (task) => {
    if (task.kind === 'tile') return runTile(task, (graph) => evaluator(graph, task.board));
    const { row, board } = task;
    const { tile, multipliers, place, graph } = row;
    return { ...row, ...evaluator(graph, board).workExactly({ ...tile, multipliers }, place) };
  };
}

function runTile(
  { board, tile, options, graphs, tooSlow }: TileTask,
  evaluator: (graph: number) => Evaluator,
): TileResult {
  const began = performance.now();
  const places: WeightPlace[] = [
    ...(options.onChip ? (['onChip'] as const) : []),
    ...options.buses.map((axiBits) => ({ axiBits })),
  ];
  const rows: Row[] = [];
  const shareOf = largestShare(board);
  let nearest: Row | null = null;
  let least = Number.POSITIVE_INFINITY;
  const counts = { points: 0, evaluated: 0, cut: 0 };
  for (const graph of graphs) {
    const plans = evaluator(graph);
    const all = kindsOf(plans, { ...tile, vector: 1 }, options);
    const kinds = tooSlow ? [] : all.filter(({ fits }) => fits);
    const own = places.length * tile.vectors.length;
    counts.points += own * all.length;
    counts.evaluated += own * kinds.length;
    counts.cut += own * (all.length - kinds.length);
    for (const shape of shapesOf(tile)) {
      for (const place of places) {
        const around = plans.around(shape, place);
        for (const kind of kinds) {
          const worked = around(kind.latency);
          const share = shareOf(worked, kind);
          if (share > 1 && share >= least) continue;
          const { multipliers } = kind;
          const estimate = estimateOf(worked, kind);
          const row = { ...worked, graph, tile: shape, multipliers, place, estimate };
          if (share <= 1) rows.push(row);
          else [nearest, least] = [row, share];
        }
      }
    }
  }
  const seconds = (performance.now() - began) / 1000;
  const fitting = rows.length;
  const { kept, late } = worthKeeping(rows, (row) => {
    const { tile: shape, multipliers, place, graph } = row;
    return { ...row, ...evaluator(graph).workExactly({ ...shape, multipliers }, place) };
  });
  return {
    ...{ rows: kept, nearest: fitting > 0 ? null : nearest },
    ...{ ...counts, fitting, late, seconds },
  };
}

/** `share` of `bindingOf`, of a plan in two parts and without the rest of it. */
function largestShare(board: Board): (around: Worked, kind: ArrayKind) => number {
  const { resources, lutInputs, memoryBits } = board;
  const isCounted = lutInputs === 6;
  const share = (need: number, has: number) => (need === 0 ? 0 : need / (BUDGET * has));
  return ({ estimate }, { need }) => {
    const lut = share(estimate.lut + need.lut, resources.lut);
    const dsp = share(estimate.dsp + need.dsp, resources.dsp);
    const logic = dsp > lut ? dsp : lut;
    if (!isCounted) return Math.max(logic, share(estimate.memoryBits, memoryBits));
    const bram36 = share(estimate.bram36 + need.bram36, resources.bram36);
    return Math.max(logic, bram36, share(estimate.uram + need.uram, resources.uram));
  };
}

/** Beats of the bus in a frame up to which a stream is worked out cycle by cycle at once. */
const FEW_BEATS = 60_000;

/**
 * The points of which no exact one is as good in everything. Those whose bus may be too slow are
 * worked out exactly where that takes little time; else one is kept only where no other place of
 * the weights is surely fast enough for the same engine.
 */
function worthKeeping(
  rows: readonly Row[],
  workExactly: (row: Row) => Row,
): { readonly kept: readonly Row[]; readonly late: number } {
  const sure = paretoFront(
    rows.filter(({ exact }) => exact),
    measuresOf,
  );
  const sureMeasures = sure.map(measuresOf);
  const served = new Set(rows.filter(({ exact }) => exact).map(engineKey));
  const others: Row[] = [];
  let late = 0;
  for (const row of rows) {
    if (row.exact) continue;
    const own = measuresOf(row);
    if (sureMeasures.some((sureOnes) => sureOnes.every((m, i) => m <= (own[i] as number))))
      continue;
    if (beatsOf(row) <= FEW_BEATS) others.push(workExactly(row));
    else if (served.has(engineKey(row))) late++;
    else others.push(row);
  }
  const exact = others.filter((row) => row.exact);
  const kept = [
    ...paretoFront([...sure, ...exact], measuresOf),
    ...others.filter((row) => !row.exact),
  ];
  return { kept, late };
}

function beatsOf({ weightBytes, place }: Row): number {
  return place === 'onChip' ? 0 : (8 * weightBytes) / place.axiBits;
}

function engineKey({ graph, tile, multipliers }: Row): string {
  return `${graph} ${tile.vector} ${multipliers.style} ${multipliers.cell} ${multipliers.lutOutputs}`;
}

/** What a plan is better in the smaller it is. Graphs are in the order of their precision. */
export function measuresOf({ cyclesPerFrame, estimate, graph }: Row): readonly number[] {
  const { lut, dsp, bram36, uram, memoryBits } = estimate;
  return [cyclesPerFrame, graph, lut, dsp, bram36, uram, memoryBits];
}

/** Arrays of a tile, each once: where a primitive is asked for and there is none, none. */
function kindsOf(plans: Evaluator, tile: EngineShape, options: SpaceOptions): ArrayKind[] {
  return options.primitives.flatMap((primitives) =>
    plans.kinds(tile, primitives).filter(({ multipliers: { style } }) => {
      const kind = multiplierKinds[style];
      return kind && options.multipliers.includes(kind);
    }),
  );
}
