import type { Board } from '../boards/index.ts';
import type { CheckedGraph } from '../check/index.ts';
import { type Diagnostic, DiagnosticsError, type Place } from '../diagnostics/index.ts';
import type { Target } from '../dsl/design.ts';
import { countCycles } from './cycles.ts';
import type { EngineShape } from './engine.ts';
import { rowGroups } from './geometry.ts';
import { engineParameters } from './parameters.ts';
import type { Plan } from './plan.ts';
import { estimateResources, type ResourceEstimate } from './resources.ts';
import { schedule } from './schedule/index.ts';

/** Share of a board's resources that a plan may take; the rest is for placement and the user. */
const BUDGET = 0.8;

/** Plans one shape exactly, whether it fits the board or not. */
export function planShape(
  checked: CheckedGraph,
  board: Board,
  clockMHz: number,
  shape: EngineShape,
): Plan {
  const { graph } = checked;
  const program = schedule(graph, shape);
  const geometry = rowGroups(graph, shape);
  const parameters = engineParameters(checked, program, shape);
  const cycles = countCycles(program, shape, geometry);
  const products = program.matmuls.reduce((sum, op) => sum + op.products, 0);
  return Object.freeze({
    checked,
    board,
    clockMHz,
    shape,
    program,
    parameters,
    geometry,
    cycles,
    products,
    utilization: products / (shape.inputs * shape.outputs * cycles.perFrame),
    framesPerSecond: (clockMHz * 1e6) / cycles.perFrame,
    estimate: estimateResources(parameters, board),
  });
}

/**
 * Chooses the tile. A tile fixed by the user is taken as it is. With a frame rate, the smallest
 * array that reaches it; without one, the fastest that fits the board.
 *
 * Throws `DiagnosticsError`: VT411 nothing fits the board, VT412 the frame rate is out of reach,
 * VT413 the fixed tile does not fit.
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
  if (target.tile) {
    const { inputs, outputs, vector } = target.tile;
    const shape = { inputs, outputs, vector: vector ?? lanesFor(Math.min(inputs, outputs)) };
    const plan = planShape(checked, board, clockMHz, shape);
    if (!fits(plan.estimate, board)) {
      fault(
        'VT413',
        `The tile ${inputs} x ${outputs} needs about ${describe(plan.estimate)}, and ${board.name} has ${describe(boardSupply(board))}.`,
        'Choose a smaller tile, fewer bits or a larger board, or leave the tile to the planner.',
        'target.tile',
      );
    }
    return plan;
  }
  const plans = candidates().map((shape) => planShape(checked, board, clockMHz, shape));
  const fitting = plans.filter((plan) => fits(plan.estimate, board));
  const smallest = plans[0] as Plan;
  const fastest = fitting.reduce<Plan | null>(
    (best, plan) => (!best || plan.cycles.perFrame < best.cycles.perFrame ? plan : best),
    null,
  );
  if (!fastest) {
    return fault(
      'VT411',
      `No engine for this model fits ${board.name}: the smallest needs about ${describe(smallest.estimate)}, and the board has ${describe(boardSupply(board))}.`,
      'A larger board, fewer bits, or a narrower model would do.',
      'target.board',
    );
  }
  const { fps } = target;
  if (fps === undefined) return fastest;
  const reaching = fitting.filter((plan) => plan.framesPerSecond >= fps);
  const cheapest = reaching.reduce<Plan | null>(
    (best, plan) => (!best || cost(plan, board) < cost(best, board) ? plan : best),
    null,
  );
  return (
    cheapest ??
    fault(
      'VT412',
      `${fps} frames per second are out of reach on ${board.name} at ${clockMHz} MHz; the fastest plan that fits gives ${Math.floor(fastest.framesPerSecond)}.`,
      `At most ${Math.floor(fastest.framesPerSecond)}, a higher clock or a larger board would do.`,
      'target.fps',
    )
  );
}

/** Lanes of the row-wise units for a tile of which `small` is the smaller side: up to 4, dividing it. */
function lanesFor(small: number): number {
  return [4, 3, 2].find((lanes) => small % lanes === 0) ?? 1;
}

/** Tiles in order of size: powers of two and three times powers of two, near square. */
function candidates(): EngineShape[] {
  const sides = [2, 4, 6, 8, 12, 16, 24, 32];
  const shapes: EngineShape[] = [];
  for (const inputs of sides) {
    for (const outputs of sides) {
      const [small, large] = inputs < outputs ? [inputs, outputs] : [outputs, inputs];
      if (large % small !== 0 || large / small > 2) continue;
      for (const vector of [2, 4, 8, 16]) {
        if (small % vector === 0) shapes.push({ inputs, outputs, vector });
      }
    }
  }
  return shapes.sort((a, b) => a.inputs * a.outputs - b.inputs * b.outputs || a.vector - b.vector);
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
