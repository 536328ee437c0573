import type { RowGroups } from '../../plan/cycles.ts';
import { type EngineShape, latencies, tokenWords, type WeightStream } from '../../plan/index.ts';
import { units } from '../../plan/program.ts';
import type { Step } from '../../plan/schedule/steps.ts';
import { type ArrivalBound, arrivalBound } from './arrival-bound.ts';
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
  readonly streamed: boolean;
}

export interface TimedFrame {
  readonly before: readonly TimedStep[];
  readonly repeated: readonly TimedStep[];
  readonly times: number;
  readonly after: readonly TimedStep[];
  /** Cycles from the last streamed word of a product to its result. */
  readonly result: number;
  /** Words of streamed weights that a frame takes. */
  readonly streamedWords: number;
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
  const wordsOf = (part: readonly TimedStep[]) =>
    part.reduce((sum, s) => sum + (s.streamed ? s.passes * shape.outputs : 0), 0);
  const before = timed.slice(0, from);
  const repeated = timed.slice(from, until);
  const after = timed.slice(until);
  return {
    ...{ before, repeated, times, after },
    result: latency.result,
    streamedWords: wordsOf(before) + times * wordsOf(repeated) + wordsOf(after),
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
    ...{ busy: 0, passes: 0, step: 0, pass: 0, words: 0, load: 0, streamed: false },
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
        streamed: b.source === 'weightStream',
      };
    }
    case 'layerNorm':
      return { ...common, busy: (step.operation.rows + 1) * groups.channels + 18 };
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
  /** Whether some weights may come late, which would take more cycles than these. */
  readonly late: boolean;
}

interface Line {
  idle: number[];
  /** When the last three products are seen finished, the oldest first. */
  done: [number, number, number];
  streamerFree: number;
  nextIssue: number;
}

/**
 * `countCycles` for weights that are always in time: the same rules, with as many repeats of the
 * equal blocks left out as do the same as the one before them. The engine's timing follows from the
 * cycles at which units and products are done, seen from the next issue; once these are the same at
 * the beginning of two blocks, every block after them takes as long.
 */
export function countFrameCycles(frame: TimedFrame, stream: WeightStream | null): FrameCycles {
  const line: Line = {
    idle: units.map(() => 0),
    done: [0, 0, 0],
    streamerFree: 0,
    nextIssue: 2,
  };
  const arrival = stream && arrivalBound(stream, frame.outputs, 2);
  const results: number[] = [];
  let firstInput = -1;
  const run = (steps: readonly TimedStep[], from = 0) => {
    for (let i = from; i < steps.length; i++) {
      const step = steps[i] as TimedStep;
      const at = issue(line, step, frame.result, arrival);
      if (firstInput < 0 && step.unit === INPUT) firstInput = at + 1;
      if (step.unit === RESULT) results.push((line.idle[RESULT] as number) - 1);
    }
  };
  // The first step, the input of the first frame, is done once.
  for (let n = 0; n < 8; n++) {
    run(frame.before.length > 0 ? frame.before : frame.after, n > 0 ? 1 : 0);
    if (frame.before.length > 0) {
      repeat(line, frame, run, arrival);
      run(frame.after);
    }
    arrival?.frameEnds();
    const last = results.length - 1;
    if (last >= 3 && interval(results, last) === interval(results, last - 1)) break;
  }
  return {
    perFrame: interval(results, results.length - 1),
    latency: (results[0] ?? 0) - firstInput + 1,
    late: arrival?.late ?? false,
  };
}

function interval(results: readonly number[], index: number): number {
  return (results[index] ?? 0) - (results[index - 1] ?? 0);
}

function repeat(
  line: Line,
  { repeated, times }: TimedFrame,
  run: (steps: readonly TimedStep[]) => void,
  arrival: ArrivalBound | null,
): void {
  let before = stateOf(line, arrival);
  for (let left = times; left > 0; left--) {
    const began = line.nextIssue;
    run(repeated);
    const after = stateOf(line, arrival);
    if (left > 1 && after.every((value, i) => value === before[i])) {
      advance(line, (left - 1) * (line.nextIssue - began), arrival);
      return;
    }
    before = after;
  }
}

/** Everything that later cycles depend on; what is over before the next issue counts as over then. */
function stateOf(line: Line, arrival: ArrivalBound | null): readonly number[] {
  const { nextIssue: now } = line;
  const ahead = (cycle: number) => Math.max(cycle - now, 0);
  return [
    ...line.idle.map(ahead),
    ...line.done.map(ahead),
    ahead(line.streamerFree),
    ...(arrival?.state(now) ?? []),
  ];
}

function advance(line: Line, cycles: number, arrival: ArrivalBound | null): void {
  line.idle = line.idle.map((cycle) => cycle + cycles);
  line.done = line.done.map((cycle) => cycle + cycles) as Line['done'];
  line.streamerFree += cycles;
  line.nextIssue += cycles;
  arrival?.advance(cycles);
}

/** Issues a step as early as its conditions allow; the cycle in which it does. */
function issue(line: Line, step: TimedStep, result: number, arrival: ArrivalBound | null): number {
  const { idle, done } = line;
  let at = Math.max(line.nextIssue, idle[step.unit] as number);
  for (const unit of step.idle) at = Math.max(at, idle[unit] as number);
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
  line.done = [done[1], done[2], last + step.words + result + 1];
  if (step.streamed) arrival?.product(step.passes, at, first, step.step);
  return at;
}
