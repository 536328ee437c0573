import type { Board } from '../../boards/index.ts';
import type { CheckedGraph } from '../../check/index.ts';
import { multiplierKinds } from '../../dsl/design.ts';
import type { EngineShape, Multipliers, WeightPlace } from '../../plan/index.ts';
import { shapesOf, type TileGroup } from '../../plan/tiles.ts';
import { type Budget, isBeyond, isWithin, type PointLimits, shareOfBudget } from '../binding.ts';
import { type ArrayKind, createArrays } from '../evaluate/arrays.ts';
import { createEvaluator, type Evaluator, estimateOf, type Worked } from '../evaluate/evaluator.ts';
import { createTemplates } from '../evaluate/frames.ts';
import type { SpaceOptions } from '../space.ts';
import { addPoint, noPoints, worthKeeping } from './points.ts';

/** One tile with all its lanes, multipliers, places of weights, and bits. */
export interface TileTask {
  readonly kind: 'tile';
  readonly board: Board;
  readonly tile: TileGroup;
  readonly options: SpaceOptions;
  /** Numbers of the graphs to plan, in the order of their precision. */
  readonly graphs: readonly number[];
  readonly limits: PointLimits;
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
  const boards = new Map<string, (graph: number) => Evaluator>();
  const evaluatorsOn = (board: Board) => {
    const key = JSON.stringify(board);
    const known = boards.get(key);
    if (known) return known;
    const arrays = createArrays(board);
    const evaluators: Evaluator[] = [];
    const made = (graph: number): Evaluator => {
      evaluators[graph] ??= createEvaluator(
        graphs[graph] as CheckedGraph,
        board,
        templates,
        arrays,
      );
      return evaluators[graph] as Evaluator;
    };
    boards.set(key, made);
    return made;
  };
  return (task) => {
    if (task.kind === 'tile') return runTile(task, evaluatorsOn(task.board));
    const { row, board } = task;
    const { tile, multipliers, place, graph } = row;
    return { ...row, ...evaluatorsOn(board)(graph).workExactly({ ...tile, multipliers }, place) };
  };
}

function runTile(
  { tile, options, graphs, tooSlow, limits }: TileTask,
  evaluator: (graph: number) => Evaluator,
): TileResult {
  const began = performance.now();
  const places: WeightPlace[] = [
    ...(options.onChip ? (['onChip'] as const) : []),
    ...options.buses.map((axiBits) => ({ axiBits })),
  ];
  const points = noPoints();
  const shareOf = largestShare(limits.budget);
  const mostWeightBits = limits.weightBits ?? Number.POSITIVE_INFINITY;
  let nearest: Row | null = null;
  let least = Number.POSITIVE_INFINITY;
  const counts = { points: 0, evaluated: 0, cut: 0 };
  for (const graph of graphs) {
    const plans = evaluator(graph);
    const sides = { ...tile, vector: 1 };
    const families = familiesOf(kindsOf(plans, sides, options)).map(({ keys, kinds: all }) => {
      const kinds = tooSlow ? [] : all.filter(({ fits }) => fits);
      const open = !tooSlow && keys === tile.outputs;
      const splits = open ? splitsOf(plans, sides, all, options, limits.budget.dsp) : [];
      const own = places.length * tile.vectors.filter((lanes) => keys % lanes === 0).length;
      counts.points += own * all.length;
      counts.evaluated += own * kinds.length;
      counts.cut += own * (all.length - kinds.length);
      return { keys, kinds, splits, multipliers: all[0]?.multipliers };
    });
    const consider = (shape: EngineShape, place: WeightPlace, worked: Worked, kind: ArrayKind) => {
      if (isBeyond(limits, worked)) return;
      const share = shareOf(worked, kind);
      if (share <= 1) addPoint(points, graph, worked, kind, shape, place);
      else if (share < least) {
        least = share;
        const estimate = estimateOf(worked, kind);
        const { multipliers } = kind;
        nearest = { ...worked, graph, tile: shape, multipliers, place, estimate };
      }
    };
    for (const shape of shapesOf(tile)) {
      for (const place of places) {
        if (place === 'onChip' && plans.weightBits > mostWeightBits) continue;
        for (const { keys, kinds, splits, multipliers } of families) {
          if (keys % shape.vector !== 0) continue;
          const around = plans.around({ ...shape, multipliers }, place);
          for (const kind of kinds) consider(shape, place, around(kind.latency), kind);
          for (const like of splits) {
            const worked = around(like.latency);
            const kind = plans.within(limits.budget.dsp - worked.estimate.dsp, sides, like);
            // Eighths are among the others.
            if (!kind || (8 * kind.multipliers.lutOutputs) % tile.outputs === 0) continue;
            counts.points++;
            counts.evaluated++;
            consider(shape, place, worked, kind);
          }
        }
      }
    }
  }
  const seconds = (performance.now() - began) / 1000;
  const fitting = points.count;
  const { kept, late } = worthKeeping(points, (row) => {
    const { tile: shape, multipliers, place, graph } = row;
    const exact = { ...row, ...evaluator(graph).workExactly({ ...shape, multipliers }, place) };
    return isWithin(limits, exact) ? exact : null;
  });
  return {
    ...{ rows: kept, nearest: fitting > 0 ? null : nearest },
    ...{ ...counts, fitting, late, seconds },
  };
}

/** `share` of `bindingOf`, of a plan in two parts and without the rest of it. */
function largestShare(budget: Budget): (around: Worked, kind: ArrayKind) => number {
  const { lut, dsp, bram36, uram, memory } = budget;
  return ({ estimate }, { need }) =>
    Math.max(
      shareOfBudget(estimate.lut + need.lut, lut),
      shareOfBudget(estimate.dsp + need.dsp, dsp),
      shareOfBudget(estimate.bram36 + need.bram36, bram36),
      shareOfBudget(estimate.uram + need.uram, uram),
      shareOfBudget(estimate.memoryBits, memory),
    );
}

/** Arrays of a tile, each once: where a primitive is asked for and there is none, none. */
function kindsOf(plans: Evaluator, tile: EngineShape, options: SpaceOptions): ArrayKind[] {
  return options.primitives.flatMap((primitives) =>
    plans
      .kinds(tile, {
        primitives,
        lutOutputs: options.lutOutputs ?? undefined,
        lutOperands: options.lutOperands ?? undefined,
      })
      .filter(({ multipliers: { style } }) => {
        const kind = multiplierKinds[style];
        return kind && options.multipliers.includes(kind);
      }),
  );
}

/** Arrays by the outputs that a tile of keys has: what is around those of a family is the same. */
function familiesOf(
  kinds: readonly ArrayKind[],
): readonly { readonly keys: number; readonly kinds: readonly ArrayKind[] }[] {
  const families = new Map<number, ArrayKind[]>();
  for (const kind of kinds) families.set(kind.keys, [...(families.get(kind.keys) ?? []), kind]);
  return [...families].map(([keys, own]) => ({ keys, kinds: own }));
}

/**
 * One array for each way to multiply beside LUTs, where any number of outputs may be on LUTs: the
 * fewest that leave a plan enough DSPs. Where even without a plan around it the array is too large
 * for the LUTs, the way is left out.
 */
function splitsOf(
  plans: Evaluator,
  tile: EngineShape,
  kinds: readonly ArrayKind[],
  { lutOutputs }: SpaceOptions,
  mostDsps: number,
): readonly ArrayKind[] {
  if (lutOutputs !== null) return [];
  const ways = new Map<string, ArrayKind>();
  for (const kind of kinds) {
    const { style, cell, lutOutputs: onLuts } = kind.multipliers;
    const key = `${style} ${cell}`;
    if (onLuts > 0 && !ways.has(key)) ways.set(key, kind);
  }
  return [...ways.values()].filter((like) => plans.within(mostDsps, tile, like)?.fits);
}
