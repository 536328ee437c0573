import type { Board } from '../boards/index.ts';
import type { CheckedGraph } from '../check/index.ts';
import { type Diagnostic, DiagnosticsError, type Place } from '../diagnostics/index.ts';
import type { Target } from '../dsl/design.ts';
import type { IntegerGraph } from '../ir/index.ts';
import { arrayCost } from './array-cost.ts';
import { type EngineShape, productsPerCycle } from './engine.ts';
import {
  chooseMultipliers,
  legalMultipliers,
  type Multipliers,
  multiplierKinds,
} from './multipliers.ts';
import type { Plan } from './plan.ts';
import { planShape, type WeightPlace } from './plan-shape.ts';
import { estimateResources, type ResourceEstimate } from './resources.ts';
import { weightPlaces } from './weights-fit.ts';

/** Share of a board's resources that a plan may take; the rest is for placement and the user. */
const BUDGET = 0.8;

/**
 * Chooses the tile. A tile fixed by the user is taken as it is. With a frame rate, the smallest
 * array that reaches it; without one, the fastest that fits the board.
 *
 * Throws `DiagnosticsError`: VT411 nothing fits the board, VT412 the frame rate is out of reach,
 * VT413 the fixed tile does not fit, VT415 the multipliers asked for cannot be made, VT416 the tile
 * has tokens side by side that a node must read one by one.
 */
export function choosePlan(
  checked: CheckedGraph,
  board: Board,
  target: Target,
  places: Readonly<Record<string, Place>> = {},
): Plan {
  const clockMHz = target.clockMHz ?? board.defaultClockMHz;
  const fault = (code: Diagnostic['code'], message: string, hint: string, at: string): never => {
    const place = places[at] ?? places['target.board'] ?? places.target;
    throw new DiagnosticsError([{ code, message, hint, place }]);
  };
  const graph = checked.graph;
  const alone = readsRowsAlone(graph);
  const kinds = (shape: EngineShape) => {
    const legal = legalMultipliers(graph, shape, board, target.primitives);
    const asked = legal.filter((m) => isAsked(m, target));
    if (asked.length === 0) {
      const at = target.multipliers ? 'target.multipliers' : 'target.primitives';
      fault('VT415', ...explainMultipliers(legal, target, board), at);
    }
    return asked;
  };
  // Multipliers change little but what the array takes: the plan with any of them tells their cost.
  const planAt = (shape: EngineShape, where: WeightPlace): Plan => {
    const planWith = (multipliers: Multipliers) =>
      planShape(checked, board, clockMHz, { ...shape, multipliers }, where);
    const legal = kinds(shape);
    const plan = planWith(legal[0] as Multipliers);
    const estimate = ({ style, cell }: Multipliers) =>
      estimateResources({ ...plan.parameters, STYLE: style, CELL: cell }, board);
    const chosen = chooseMultipliers(legal, estimate, (need) => fits(need, board));
    return chosen === legal[0] ? plan : planWith(chosen);
  };
  if (target.tile) {
    const { tokens = 1, inputs, outputs, vector } = target.tile;
    if (alone && tokens > 1) {
      fault(
        'VT416',
        `The tile has ${tokens} tokens side by side, and ${alone} takes learned tokens apart from the others.`,
        'Leave `tokens` out of the tile.',
        'target.tile',
      );
    }
    const lanes = vector ?? lanesFor(Math.min(inputs, outputs));
    const shape = { tokens, inputs, outputs, vector: lanes };
    const plans = weightPlaces(board, target).map((place) => planAt(shape, place));
    const plan = plans.find(({ estimate }) => fits(estimate, board)) ?? (plans[0] as Plan);
    if (!fits(plan.estimate, board)) {
      fault(
        'VT413',
        `The tile ${tokens} x ${inputs} x ${outputs} needs about ${describe(plan.estimate)}, and ${board.name} has ${describe(boardSupply(board))}.`,
        'Choose a smaller tile, fewer bits or a larger board, or leave the tile to the planner.',
        'target.tile',
      );
    }
    return plan;
  }
  const { fps } = target;
  const shapes = candidates(alone ? [1] : [1, 2]);
  const everywhere = weightPlaces(board, target);
  const smallest = planAt(shapes[0] as EngineShape, everywhere.at(-1) as WeightPlace);
  // No plan takes fewer cycles than its products at full use of the array.
  const leastCycles = (shape: EngineShape) => smallest.products / productsPerCycle(shape);
  // External memory only where weights on chip do not do.
  for (const where of fps === undefined ? [] : everywhere) {
    let best: Plan | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const shape of shapes) {
      if ((clockMHz * 1e6) / leastCycles(shape) < (fps ?? 0)) continue;
      if (kinds(shape).every((m) => arrayShare(shape, m, board) >= least)) continue;
      const plan = planAt(shape, where);
      if (!fits(plan.estimate, board) || plan.framesPerSecond < (fps ?? 0)) continue;
      if (cost(plan, board) < least) [best, least] = [plan, cost(plan, board)];
    }
    if (best) return best;
  }
  let fastest: Plan | undefined;
  for (const where of everywhere) {
    for (const shape of [...shapes].reverse()) {
      if (fastest && leastCycles(shape) >= fastest.cycles.perFrame) continue;
      if (kinds(shape).every((m) => !arrayFitsBoard(shape, m, board))) continue;
      const plan = planAt(shape, where);
      if (!fits(plan.estimate, board)) continue;
      if (!fastest || plan.cycles.perFrame < fastest.cycles.perFrame) fastest = plan;
    }
  }
  if (!fastest) {
    return fault(
      'VT411',
      `No engine for this model fits ${board.name}: the smallest needs about ${describe(smallest.estimate)}, and the board has ${describe(boardSupply(board))}.`,
      'A larger board, fewer bits, or a narrower model would do.',
      'target.board',
    );
  }
  if (fps === undefined) return fastest;
  const rate = Math.floor(fastest.framesPerSecond);
  return fault(
    'VT412',
    `${fps} frames per second are out of reach on ${board.name} at ${clockMHz} MHz; the fastest plan that fits gives ${rate}.`,
    `At most ${rate}, a higher clock or a larger board would do.`,
    'target.fps',
  );
}

function isAsked({ style, cell }: Multipliers, target: Target): boolean {
  const kind = multiplierKinds[style];
  return (
    (target.multipliers ?? kind) === kind &&
    (target.primitives === undefined || cell === 1 || !target.primitives)
  );
}

/** What was asked for in vain, and what is legal. */
function explainMultipliers(
  legal: readonly Multipliers[],
  { multipliers, primitives }: Target,
  board: Board,
): [message: string, hint: string] {
  const { aBits, bBits } = legal[0] as Multipliers;
  const usable = legal.filter(({ cell }) => !primitives || cell === 1);
  const names = usable.map(({ style }) => `'${multiplierKinds[style]}'`).join(', ');
  const what = `${primitives ? 'DSP primitives' : 'Multipliers'}${multipliers ? ` of kind '${multipliers}'` : ''}`;
  return [
    `${what} cannot multiply ${aBits} by ${bBits} bits on ${board.name}.`,
    names ? `Legal here: ${names}.` : 'Leave out `primitives`: no multiplier of this board packs.',
  ];
}

/** The node that reads rows one by one, which a memory with several tokens in a word cannot give. */
function readsRowsAlone({ nodes }: IntegerGraph): string | undefined {
  return nodes.find(
    (node) =>
      (node.kind === 'linear' && (node.join ?? 1) > 1) ||
      (node.kind === 'meanPool' && (node.firstRow ?? 0) > 0),
  )?.output.name;
}

/** Lanes of the row-wise units for a tile of which `small` is the smaller side: up to 4, dividing it. */
function lanesFor(small: number): number {
  return [4, 3, 2].find((lanes) => small % lanes === 0) ?? 1;
}

/** Tiles in order of size: powers of two and three times powers of two, near square. */
function candidates(sideBySide: readonly number[]): EngineShape[] {
  const sides = [2, 4, 6, 8, 12, 16, 24, 32];
  const shapes: EngineShape[] = [];
  for (const inputs of sides) {
    for (const outputs of sides) {
      const [small, large] = inputs < outputs ? [inputs, outputs] : [outputs, inputs];
      if (large % small !== 0 || large / small > 2) continue;
      for (const tokens of sideBySide) {
        for (const vector of [2, 4, 8, 16]) {
          if (small % vector === 0 && small % tokens === 0) {
            shapes.push({ tokens, inputs, outputs, vector });
          }
        }
      }
    }
  }
  return shapes.sort((a, b) => productsPerCycle(a) - productsPerCycle(b) || a.vector - b.vector);
}

function boardSupply(board: Board): ResourceEstimate {
  return { ...board.resources, memoryBits: board.memoryBits };
}

function fits(need: ResourceEstimate, board: Board): boolean {
  const { lut, dsp } = board.resources;
  const memoryFits =
    board.lutInputs === 6
      ? need.bram36 <= BUDGET * board.resources.bram36
      : need.memoryBits <= BUDGET * board.memoryBits;
  return need.lut <= BUDGET * lut && need.dsp <= BUDGET * dsp && memoryFits;
}

/** The shares of the board's LUTs and DSPs that the array alone takes: at most those of its plans. */
function arrayShare(shape: EngineShape, multipliers: Multipliers, board: Board): number {
  const { lut, lutram, dsp } = arrayCost({ ...shape, ...multipliers });
  const { resources } = board;
  return resources.dsp === 0 ? 0 : (lut + lutram) / resources.lut + dsp / resources.dsp;
}

function arrayFitsBoard(shape: EngineShape, multipliers: Multipliers, board: Board): boolean {
  const { lut, dsp } = arrayCost({ ...shape, ...multipliers });
  const { resources } = board;
  return lut <= BUDGET * resources.lut && (resources.dsp === 0 || dsp <= BUDGET * resources.dsp);
}

/** The shares of the board's LUTs, DSPs and block RAMs together. */
function cost(plan: Plan, board: Board): number {
  const share = (need: number, has: number) => (has === 0 ? 0 : need / has);
  return (
    share(plan.estimate.lut, board.resources.lut) +
    share(plan.estimate.dsp, board.resources.dsp) +
    share(plan.estimate.bram36, board.resources.bram36)
  );
}

function describe(r: ResourceEstimate): string {
  return `${r.lut} LUT, ${r.dsp} DSP and ${r.bram36} BRAM36 (${Math.ceil(r.memoryBits / 1024)} kbit)`;
}
