import type { Board } from '../boards/index.ts';
import type { CheckedGraph } from '../check/index.ts';
import type { Target } from '../dsl/design.ts';
import { arrayFitsBoard, arrayShare, fits, planShare } from './budget.ts';
import { type EngineShape, productsPerCycle } from './engine.ts';
import { chooseMultipliers, isAsked, legalMultipliers, type Multipliers } from './multipliers.ts';
import { multiplierParameters } from './parameters.ts';
import type { Plan } from './plan.ts';
import { planShape, type WeightPlace } from './plan-shape.ts';
import { estimateResources, memoryNeed } from './resources.ts';

/** What is searched: a checked graph on a board at a clock, with what the user has fixed. */
export interface SearchSpace {
  readonly checked: CheckedGraph;
  readonly board: Board;
  readonly clockMHz: number;
  readonly target: Target;
  /** Tiles in order of size. */
  readonly tiles: readonly EngineShape[];
  /** Where the weights may lie, the preferred place first. */
  readonly places: readonly WeightPlace[];
}

/** The multipliers that can be made in a tile and are asked for. */
export function askedMultipliers(space: SearchSpace, tile: EngineShape): readonly Multipliers[] {
  const { checked, board, target } = space;
  const legal = legalMultipliers(checked.graph, tile, board, target);
  return legal.filter((multipliers) => isAsked(multipliers, target));
}

/** The plan of a tile with the multipliers that suit the board; some must be legal. */
export function planTile(space: SearchSpace, tile: EngineShape, place: WeightPlace): Plan {
  const { checked, board, clockMHz } = space;
  const planWith = (multipliers: Multipliers) =>
    planShape(checked, board, clockMHz, { ...tile, multipliers }, place);
  const legal = askedMultipliers(space, tile);
  // Multipliers change little but what the array takes: the plan with any tells the cost of all.
  const plan = planWith(legal[0] as Multipliers);
  const { parameters } = plan;
  const memories = memoryNeed(parameters, board);
  const estimate = (multipliers: Multipliers) => {
    const own = multiplierParameters({ ...tile, multipliers });
    return estimateResources({ ...parameters, ...own }, board, memories);
  };
  const chosen = chooseMultipliers(legal, estimate, (need) => fits(need, board));
  return chosen === legal[0] ? plan : planWith(chosen);
}

/**
 * The plan that takes the least of the board and reaches a frame rate; external memory only where
 * weights on chip do not do. Undefined where none does.
 *
 * @param products of a frame
 */
export function cheapestPlan(space: SearchSpace, fps: number, products: number): Plan | undefined {
  for (const place of space.places) {
    let best: Plan | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const tile of space.tiles) {
      if (fastestRate(space, tile, products) < fps || leastShare(space, tile) >= least) continue;
      const plan = planTile(space, tile, place);
      if (!fits(plan.estimate, space.board) || plan.framesPerSecond < fps) continue;
      const share = planShare(plan, space.board);
      if (share < least) [best, least] = [plan, share];
    }
    if (best) return best;
  }
  return undefined;
}

/** The plan that fits the board with the fewest cycles per frame; undefined where none fits. */
export function fastestPlan(space: SearchSpace, products: number): Plan | undefined {
  let fastest: Plan | undefined;
  for (const place of space.places) {
    for (const tile of [...space.tiles].reverse()) {
      const bound = products / productsPerCycle(tile);
      if (fastest && bound >= fastest.cycles.perFrame) continue;
      if (!canFit(space, tile)) continue;
      const plan = planTile(space, tile, place);
      if (!fits(plan.estimate, space.board)) continue;
      if (!fastest || plan.cycles.perFrame < fastest.cycles.perFrame) fastest = plan;
    }
  }
  return fastest;
}

/** No plan takes fewer cycles than its products at full use of the array. */
function fastestRate({ clockMHz }: SearchSpace, tile: EngineShape, products: number): number {
  return (clockMHz * 1e6 * productsPerCycle(tile)) / products;
}

/** No plan takes less of the board than its array. */
function leastShare(space: SearchSpace, tile: EngineShape): number {
  const kinds = askedMultipliers(space, tile);
  return Math.min(...kinds.map((kind) => arrayShare(tile, kind, space.board)));
}

function canFit(space: SearchSpace, tile: EngineShape): boolean {
  return askedMultipliers(space, tile).some((kind) => arrayFitsBoard(tile, kind, space.board));
}
