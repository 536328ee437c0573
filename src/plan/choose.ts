import type { Board } from '../boards/index.ts';
import type { CheckedGraph } from '../check/index.ts';
import { type Diagnostic, DiagnosticsError, type Place } from '../diagnostics/index.ts';
import type { Target } from '../dsl/design.ts';
import { type IntegerGraph, tensorType } from '../ir/index.ts';
import { countCycles } from './cycles.ts';
import { type EngineShape, productsPerCycle, tokenWords } from './engine.ts';
import { rowGroups } from './geometry.ts';
import { engineParameters, weightBits } from './parameters.ts';
import type { Plan } from './plan.ts';
import { type Program, streamedWords, usefulProducts } from './program.ts';
import { estimateResources, type ResourceEstimate } from './resources.ts';
import { schedule } from './schedule/index.ts';
import { type WeightStream, weightStream } from './weight-stream.ts';

/** Share of a board's resources that a plan may take; the rest is for placement and the user. */
const BUDGET = 0.8;

/** Where the weights lie: all on chip, or in external memory behind a bus of so many bits. */
export type WeightPlace = 'onChip' | { readonly axiBits: WeightStream['axiBits'] };

/** Plans one shape exactly, whether it fits the board or not. */
export function planShape(
  checked: CheckedGraph,
  board: Board,
  clockMHz: number,
  shape: EngineShape,
  place: WeightPlace = 'onChip',
): Plan {
  const { graph } = checked;
  const geometry = rowGroups(graph, shape);
  const streamed = place === 'onChip' ? () => false : streamedNodes(graph, shape, place.axiBits);
  // Cutting products around LayerNorm pays unless the cut passes are too short. A larger buffer
  // carries the stream over the passes that want more weights than the bus brings.
  const candidates = [true, false].flatMap((overlapNorms) => {
    const program = schedule(graph, shape, { overlapNorms, streamed });
    return streamsFor(program, shape, checked, place).map((stream) => ({
      program,
      stream,
      cycles: countCycles(program, shape, geometry, undefined, stream),
    }));
  });
  const { program, stream, cycles } = candidates.reduce((best, other) =>
    other.cycles.perFrame < best.cycles.perFrame ? other : best,
  );
  const parameters = engineParameters(checked, program, shape, stream);
  const products = program.matmuls.reduce((sum, op) => sum + usefulProducts(op), 0);
  return Object.freeze({
    checked,
    board,
    clockMHz,
    shape,
    program,
    parameters,
    stream,
    geometry,
    cycles,
    products,
    utilization: products / (productsPerCycle(shape) * cycles.perFrame),
    framesPerSecond: (clockMHz * 1e6) / cycles.perFrame,
    estimate: estimateResources(parameters, board),
  });
}

/** Buffers of 1, 4 and 16 times what hides the latency of the memory. */
const BUFFERS = [1, 4, 16];

function streamsFor(
  program: Program,
  shape: EngineShape,
  checked: CheckedGraph,
  place: WeightPlace,
): (WeightStream | null)[] {
  if (place === 'onChip') return [null];
  const words = program.matmuls.reduce((sum, op) => sum + streamedWords(op, shape), 0);
  if (words === 0) return [null];
  const wordBits = shape.inputs * weightBits(checked.graph);
  const least = weightStream({ axiBits: place.axiBits, wordBits, words });
  return BUFFERS.map((factor) => ({ ...least, lines: least.lines * factor }));
}

/**
 * The nodes whose weights a bus can bring while they are used: a tile serves as many cycles as there
 * are words of tokens. The rest, the head of a model with a class token say, stays on chip.
 */
function streamedNodes(
  graph: IntegerGraph,
  shape: EngineShape,
  axiBits: number,
): (tensor: string) => boolean {
  const tileBits = shape.inputs * shape.outputs * weightBits(graph);
  return (tensor) => {
    const rows = tensorType(graph, tensor).shape[0] ?? 1;
    return tokenWords(shape, rows) * axiBits >= tileBits / 2;
  };
}

/**
 * Chooses the tile. A tile fixed by the user is taken as it is. With a frame rate, the smallest
 * array that reaches it; without one, the fastest that fits the board.
 *
 * Throws `DiagnosticsError`: VT411 nothing fits the board, VT412 the frame rate is out of reach,
 * VT413 the fixed tile does not fit, VT415 it has
 * tokens side by side that a node must read one by one.
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
  const alone = readsRowsAlone(checked.graph);
  if (target.tile) {
    const { tokens = 1, inputs, outputs, vector } = target.tile;
    if (alone && tokens > 1) {
      fault(
        'VT415',
        `The tile has ${tokens} tokens side by side, and ${alone} takes learned tokens apart from the others.`,
        'Leave `tokens` out of the tile.',
        'target.tile',
      );
    }
    const lanes = vector ?? lanesFor(Math.min(inputs, outputs));
    const shape = { tokens, inputs, outputs, vector: lanes };
    const plans = weightPlaces(board, target).map((p) =>
      planShape(checked, board, clockMHz, shape, p),
    );
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
  const reaches = (plan: Plan) => fits(plan.estimate, board) && plan.framesPerSecond >= (fps ?? 0);
  // External memory is used only where weights on chip do not do.
  let plans: Plan[] = [];
  for (const place of weightPlaces(board, target)) {
    plans = candidates(alone ? [1] : [1, 2]).map((shape) =>
      planShape(checked, board, clockMHz, shape, place),
    );
    if (plans.some(reaches)) break;
  }
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
  if (fps === undefined) return fastest;
  const reaching = plans.filter(reaches);
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

/** On chip is tried first; external memory needs a board that has it, or the user's word. */
function weightPlaces(board: Board, { weights, weightBus }: Target): WeightPlace[] {
  const external = { axiBits: weightBus ?? 128 };
  if (weights === 'onChip') return ['onChip'];
  if (weights === 'external') return [external];
  return board.family === 'xcup' || board.family === 'xc7' ? ['onChip', external] : ['onChip'];
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
