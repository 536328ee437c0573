import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import { answerMachine, type ReportInput } from '../../src/explore/report/index.ts';
import { boardMachine, operatorsOf, precisionOf } from '../../src/explore/roofline/index.ts';
import type { ExploredPlan, ExploreResult, ModuleNeed } from '../../src/explore/types.ts';
import { randomImages } from '../../src/images/random.ts';
import { randomParameters } from '../../src/import/random.ts';
import type { Model } from '../../src/model/index.ts';
import { lossReport, memoryMap, occupancy, type Plan, planShape } from '../../src/plan/index.ts';
import { quantize } from '../../src/quantize/index.ts';

export interface FixtureOptions {
  readonly model: Model;
  readonly board: string;
  /** Tokens, inputs and outputs of the tiles of the front. */
  readonly tiles: readonly (readonly [tokens: number, inputs: number, outputs: number])[];
  readonly targetFps: number | null;
  readonly weightBits?: readonly number[];
}

const CLOCK = 200;

/** The result of a search that never was, of plans that are real. */
export function reportFixture(options: FixtureOptions): ReportInput {
  const { model, tiles, targetFps, weightBits = [8, 4] } = options;
  const board = loadBoard(options.board, '.');
  const images = randomImages({ count: 1, seed: 1 }, model.image).map(({ pixels }) => pixels);
  const parameters = randomParameters(model, 1);
  const settingsOf = (weights: number) => ({ weights, activations: 8, residual: 16, ends: 8 });
  const planned = weightBits.flatMap((bits, n) => {
    const checked = check(quantize(model, parameters, images, settingsOf(bits)));
    return tiles.map(([tokens, inputs, outputs], i) => {
      const shape = { tokens, inputs, outputs, vector: 2, style: 1, cell: 0 } as const;
      const plan = planShape(checked, board, CLOCK, shape, 'onChip');
      return { plan, explored: exploredOf(plan, bits, 0.81 - 0.012 * n - 0.001 * i) };
    });
  });
  const all = planned.sort((a, b) => b.plan.framesPerSecond - a.plan.framesPerSecond);
  const answer = all.find(({ plan }) => plan.framesPerSecond >= (targetFps ?? 0)) ?? all[0];
  if (!answer) throw new Error('the fixture has no plans');
  const { plan, explored } = answer;
  const bits = explored.point.bits?.weights ?? 8;
  const operators = operatorsOf(model, precisionOf(settingsOf(bits)));
  const machine = boardMachine(board, { aBits: 8, bBits: 8, clockMHz: CLOCK });
  const result: ExploreResult = {
    design: model.name,
    board,
    targetFps,
    reached: targetFps === null || plan.framesPerSecond >= targetFps,
    answer: {
      ...explored,
      details: {
        losses: lossReport(occupancy(plan)),
        memories: memoryMap(plan.parameters, board).memories,
        modules: modulesOf(plan),
        parameters: 'onChip',
        framesInFlight: 2,
      },
    },
    nearest: null,
    front: all.map((one) => one.explored),
    allocation: null,
    alternatives: [],
    counts: {
      ...{ unsettled: 0, points: 40_000, evaluated: 9000, cut: 31_000, stored: 0, fitting: 800 },
      ...{ seconds: 1.25, workers: 2, plansPerSecondAndCore: 21_000 },
    },
  };
  const engine = answerMachine(result, machine);
  return {
    result,
    operators,
    machines: engine ? [machine, engine] : [machine],
    planFile: `${JSON.stringify({ vitrumPlan: 1, design: model.name, ...explored.point }, null, 2)}\n`,
    facts: [{ name: 'allocator', value: 'hawq-v3' }],
  };
}

function exploredOf(plan: Plan, bits: number, top1: number): ExploredPlan {
  const { shape, cycles, estimate } = plan;
  const { memoryBits: _, ...need } = estimate;
  const shares = (['lut', 'dsp', 'bram36'] as const).map((resource) => {
    const budget = 0.9 * plan.board.resources[resource];
    return { resource, need: need[resource], budget, share: need[resource] / budget };
  });
  const binding = shares.reduce((most, one) => (one.share > most.share ? one : most));
  const { tokens, inputs, outputs, vector } = shape;
  return {
    point: {
      ...{ board: plan.board.name, clockMHz: plan.clockMHz },
      bits: { weights: bits, activations: 8, residual: 16, ends: 8, rows: null, layers: null },
      ...{ tile: { tokens, inputs, outputs, vector }, multipliers: 'double', primitives: false },
      ...{ weights: 'onChip', weightBus: null, lutOutputs: 0, lutOperands: 'all' },
    },
    evaluation: {
      cyclesPerFrame: cycles.perFrame,
      latencyCycles: cycles.perFrame + 60,
      framesPerSecond: plan.framesPerSecond,
      latencyMs: (cycles.perFrame + 60) / (1000 * plan.clockMHz),
      utilization: plan.utilization,
      need,
      memoryBits: estimate.memoryBits,
      weightBytes: 0,
      fits: binding.share <= 1,
      binding,
      accuracy: { metric: 'top1', value: top1, how: 'measured', images: 1000 },
    },
  };
}

/** Parts that add up to the estimate; how they are split does not matter here. */
function modulesOf({ estimate: { lut, dsp, bram36, uram } }: Plan): ModuleNeed[] {
  const none = { lut: 0, ff: 0, dsp: 0, bram36: 0, uram: 0 };
  const part = (n: number, share: number) => Math.floor(n * share);
  const array = { ...none, lut: part(lut, 0.5), dsp: part(dsp, 0.8) };
  const epilogue = { ...none, lut: part(lut, 0.2), dsp: dsp - array.dsp };
  return [
    { name: 'array', need: array },
    { name: 'epilogue', need: epilogue },
    { name: 'memories', need: { ...none, bram36, uram } },
    { name: 'LayerNorm and softmax', need: { ...none, lut: lut - array.lut - epilogue.lut } },
  ];
}
