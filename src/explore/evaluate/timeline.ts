import { layerNormCycles, type RowGroups } from '../../plan/cycles.ts';
import { type EngineShape, latencies, tokenWords } from '../../plan/index.ts';
import { units } from '../../plan/program.ts';
import type { Step } from '../../plan/schedule/steps.ts';
import type { LoadSequence, Loads } from './arrival-bound.ts';
import type { FrameSteps } from './template.ts';

/** A step with all that the cycle model asks of it, in numbers. */
interface TimedStep {
  readonly unit: number;
  /** Matrix products that may be under way. */
  readonly allowed: number;
  readonly idle: readonly number[];
  /** Cycles that another unit than the array is busy. */
  readonly busy: number;
  /** Of a product: passes, cycles from pass to pass, words of a pass, cycles to the first tile. */
  readonly passes: number;
  readonly step: number;
  readonly pass: number;
  readonly words: number;
  readonly load: number;
  /** Of a product with a weight: the tensor that it makes. */
  readonly weight: string | null;
}

export interface TimedFrame {
  readonly before: readonly TimedStep[];
  readonly repeated: readonly TimedStep[];
  readonly times: number;
  readonly after: readonly TimedStep[];
  /** Cycles from the last streamed word of a product to its result. */
  readonly result: number;
  readonly maxWords: number;
  readonly outputs: number;
}

const numberOf = Object.fromEntries(units.map((unit, i) => [unit, i])) as Record<
  (typeof units)[number],
  number
>;
const MATMUL = numberOf.matmul;
const INPUT = numberOf.input;
const RESULT = numberOf.result;

/** The steps of a frame as numbers, at the latencies of a shape. */
export function timeFrame(
  { steps, from, until, times }: FrameSteps,
  shape: EngineShape,
  groups: RowGroups,
): TimedFrame {
  const latency = latencies(shape);
  const timed = steps.map((step) => timeStep(step, shape, groups, latency));
  const before = timed.slice(0, from);
  const repeated = timed.slice(from, until);
  const after = timed.slice(until);
  return {
    ...{ before, repeated, times, after },
    result: latency.result,
    maxWords: timed.reduce((most, { words }) => Math.max(most, words), 2),
    outputs: shape.outputs,
  };
}

function timeStep(
  step: Step,
  shape: EngineShape,
  groups: RowGroups,
  latency: ReturnType<typeof latencies>,
): TimedStep {
  const unit = numberOf[step.unit];
  const common = {
    unit,
    allowed: Math.min(step.maxMatmul, unit === MATMUL ? 2 : 3),
    idle: step.idle.map((u) => numberOf[u]),
    ...{ busy: 0, passes: 0, step: 0, pass: 0, words: 0, load: 0, weight: null },
  };
  switch (step.unit) {
    case 'matmul': {
      const { rows, reduction, columns, b } = step.operation;
      const words = tokenWords(shape, rows);
      const pass = Math.max(words, latency.minPass);
      const load = b.source === 'keyColumns' ? latency.loadColumns : latency.loadRows;
      return {
        ...common,
        passes: Math.ceil(reduction / shape.inputs) * Math.ceil(columns / shape.outputs),
        step: Math.max(pass, load),
        ...{ pass, words, load },
        weight: b.source === 'weights' ? step.operation.tap.tensor : null,
      };
    }
    case 'layerNorm':
      return { ...common, busy: layerNormCycles(step.operation.rows, groups) };
    case 'softmax':
      return { ...common, busy: (step.operation.rows + 2) * groups.keys + 17 };
    case 'meanPool':
      return { ...common, busy: step.operation.rows * groups.channels + 7 };
    case 'input':
      return { ...common, busy: groups.inputWords + 1 };
    case 'result':
      return { ...common, busy: 2 * groups.resultWords + groups.classes + 1 };
  }
}

export interface FrameCycles {
  readonly perFrame: number;
  readonly latency: number;
  /** When weights are loaded, in all frames that were counted. */
  readonly loads: readonly LoadSequence[];
}

interface Line {
  readonly idle: Float64Array;
  /** When the last three products are seen finished, the oldest first. */
  readonly done: Float64Array;
  streamerFree: number;
  nextIssue: number;
}

/** Cycle of the sequencer's first issue: the stream is enabled along with it. */
export const FIRST_ISSUE = 2;

/**
 * `countCycles` for weights that are always in time: the same rules, with as many repeats of the
 * equal blocks left out as do the same as the one before them. The engine's timing follows from the
 * cycles at which units and products are done, seen from the next issue; once these are the same at
 * the beginning of two blocks, every block after them takes as long.
 */
export function countFrameCycles(frame: TimedFrame): FrameCycles {
  const { before, repeated, times, after, result } = frame;
  const line: Line = {
    idle: new Float64Array(units.length),
    done: new Float64Array(3),
    streamerFree: 0,
    nextIssue: FIRST_ISSUE,
  };
  const sequences: LoadSequence[] = [];
  const results: number[] = [];
  let firstInput = -1;
  const run = (steps: readonly TimedStep[], from: number, endsFrame: boolean) => {
    const loads: Loads[] = [];
    for (let i = from; i < steps.length; i++) {
      const step = steps[i] as TimedStep;
      const at = issue(line, step, result, loads);
      if (firstInput < 0 && step.unit === INPUT) firstInput = at + 1;
      if (step.unit === RESULT) results.push((line.idle[RESULT] as number) - 1);
    }
    sequences.push({ loads, times: 1, period: 0, endsFrame });
  };
  const repeat = () => {
    let found = stateOf(line);
    for (let left = times; left > 0; left--) {
      const began = line.nextIssue;
      run(repeated, 0, false);
      const state = stateOf(line);
      if (left > 1 && state.every((value, i) => value === found[i])) {
        const period = line.nextIssue - began;
        const { loads } = sequences.pop() as LoadSequence;
        sequences.push({ loads, times: left, period, endsFrame: false });
        advance(line, (left - 1) * period);
        return;
      }
      found = state;
    }
  };
  for (let n = 0; n < 8; n++) {
    // The first step, the input of the first frame, is done once.
    const first = n > 0 ? 1 : 0;
    if (before.length > 0) {
      run(before, first, false);
      repeat();
    }
    run(after, before.length > 0 ? 0 : first, true);
    const last = results.length - 1;
    if (last >= 3 && interval(results, last) === interval(results, last - 1)) break;
  }
  return {
    perFrame: interval(results, results.length - 1),
    latency: (results[0] ?? 0) - firstInput + 1,
    loads: sequences,
  };
}

function interval(results: readonly number[], index: number): number {
  return (results[index] ?? 0) - (results[index - 1] ?? 0);
}

/** Everything that later cycles depend on; what is over before the next issue counts as over then. */
function stateOf({ idle, done, streamerFree, nextIssue }: Line): readonly number[] {
  const state: number[] = [];
  for (let i = 0; i < idle.length; i++) state.push(Math.max((idle[i] as number) - nextIssue, 0));
  for (let i = 0; i < done.length; i++) state.push(Math.max((done[i] as number) - nextIssue, 0));
  state.push(Math.max(streamerFree - nextIssue, 0));
  return state;
}

function advance(line: Line, cycles: number): void {
  const { idle, done } = line;
  for (let i = 0; i < idle.length; i++) idle[i] = (idle[i] as number) + cycles;
  for (let i = 0; i < done.length; i++) done[i] = (done[i] as number) + cycles;
  line.streamerFree += cycles;
  line.nextIssue += cycles;
}

/** Issues a step as early as its conditions allow; the cycle in which it does. */
function issue(line: Line, step: TimedStep, result: number, loads: Loads[]): number {
  const { idle, done } = line;
  let at = Math.max(line.nextIssue, idle[step.unit] as number);
  for (let i = 0; i < step.idle.length; i++) {
    at = Math.max(at, idle[step.idle[i] as number] as number);
  }
  if (step.allowed < 3) at = Math.max(at, done[2 - step.allowed] as number);
  line.nextIssue = at + 3;
  if (step.unit !== MATMUL) {
    idle[step.unit] = at + step.busy;
    return at;
  }
  const first = Math.max(at + step.load, line.streamerFree);
  const last = first + (step.passes - 1) * step.step;
  idle[MATMUL] = last + 1;
  line.streamerFree = last + step.pass;
  done[0] = done[1] as number;
  done[1] = done[2] as number;
  done[2] = last + step.words + result + 1;
  const { weight } = step;
  if (weight !== null) {
    loads.push({ weight, tiles: step.passes, first: at, second: first, period: step.step });
  }
  return at;
}
