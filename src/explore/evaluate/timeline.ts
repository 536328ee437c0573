import type { Latencies } from '../../plan/engine.ts';
import { units } from '../../plan/program.ts';
import { type LoadedAgain, type LoadRecorder, loadRecorder } from './loads.ts';
import type { StepTable } from './step-table.ts';

export interface FrameCycles {
  readonly perFrame: number;
  readonly latency: number;
  /** When weights are loaded, in the frames that were counted, and in those that follow. */
  readonly loads: LoadRecorder;
  readonly again: LoadedAgain;
}

const MATMUL = units.indexOf('matmul');
const NORM = units.indexOf('layerNorm');
const INPUT = units.indexOf('input');
const RESULT = units.indexOf('result');

/** The state of the engine, and the frame that it runs. */
interface Line {
  readonly table: StepTable;
  readonly latency: Latencies;
  readonly idle: Float64Array;
  /** When the last three products are seen finished, the oldest first. */
  readonly done: Float64Array;
  streamerFree: number;
  nextIssue: number;
  readonly loads: LoadRecorder;
  /** Cycles of the results of all frames so far. */
  readonly results: number[];
  /** The first cycle of the first input; below 0 before it. */
  firstInput: number;
}

/** Cycle of the sequencer's first issue: the stream is enabled along with it. */
export const FIRST_ISSUE = 2;

/**
 * `countCycles` for weights that are always in time: the same rules, with as many repeats of the
 * equal blocks left out as do the same as the one before them. The engine's timing follows from the
 * cycles at which units and products are done, seen from the next issue; once these are the same at
 * the beginning of two blocks, every block after them takes as long, and so do frames.
 */
export function countFrameCycles(table: StepTable, latency: Latencies): FrameCycles {
  const line: Line = {
    ...{ table, latency, loads: loadRecorder(), results: [], firstInput: -1 },
    ...{ idle: new Float64Array(units.length), done: new Float64Array(3) },
    ...{ streamerFree: 0, nextIssue: FIRST_ISSUE },
  };
  const { from, until, count } = table;
  const { results } = line;
  const { sequences } = line.loads;
  let found = stateOf(line);
  for (let n = 0; n < MOST_FRAMES; n++) {
    const began = line.nextIssue;
    const lastFrame = sequences.length;
    // The first step, the input of the first frame, is done once.
    const first = n > 0 ? 1 : 0;
    if (from > 0) {
      run(line, first, from, false);
      repeat(line);
    }
    run(line, from > 0 ? until : first, count, true);
    const state = stateOf(line);
    const perFrame = line.nextIssue - began;
    if (n > 0 && isSame(state, found)) {
      const again = { from: lastFrame, period: perFrame, times: MOST_FRAMES - 1 - n };
      return cyclesOf(line, perFrame, again);
    }
    found = state;
    const last = results.length - 1;
    if (last >= 3 && interval(results, last) === interval(results, last - 1)) break;
  }
  return cyclesOf(line, interval(results, results.length - 1), NEVER);
}

/** Frames that are counted at most. */
const MOST_FRAMES = 8;
const NEVER = { from: 0, period: 0, times: 0 };

function cyclesOf(line: Line, perFrame: number, again: LoadedAgain): FrameCycles {
  const { results, firstInput, loads } = line;
  return { perFrame, latency: (results[0] ?? 0) - firstInput + 1, loads, again };
}

/**
 * No frame of these steps is shorter: its products follow each other on the array, and where a
 * LayerNorm waits for all of them and the next product for it, the array waits as long as it works.
 * From the last tile of the product before to the first of the next it takes at least a pass more
 * than that, since its rows have to leave the pipeline first.
 */
export function leastCycles(table: StepTable, latency: Latencies): number {
  const { from, until, count, times } = table;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const own = table.unit[i] === MATMUL ? arrayCycles(table, latency, i) : aloneCycles(table, i);
    sum += i >= from && i < until ? times * own : own;
  }
  return sum;
}

function arrayCycles({ passes, words, byColumns }: StepTable, latency: Latencies, i: number) {
  const load = byColumns[i] === 1 ? latency.loadColumns : latency.loadRows;
  const pass = Math.max(words[i] as number, latency.minPass);
  return ((passes[i] as number) - 1) * Math.max(pass, load) + pass;
}

function aloneCycles({ unit, allowed, idle, busy }: StepTable, i: number): number {
  if (unit[i] !== NORM || allowed[i] !== 0 || unit[i + 1] !== MATMUL) return 0;
  return idle[i + 1]?.includes(NORM) ? (busy[i] as number) : 0;
}

function interval(results: readonly number[], index: number): number {
  return (results[index] ?? 0) - (results[index - 1] ?? 0);
}

/** Issues some of the steps, and notes what they load. */
function run(line: Line, from: number, until: number, endsFrame: boolean): void {
  const { unit } = line.table;
  const { sequences, weight } = line.loads;
  const before = weight.length;
  for (let i = from; i < until; i++) {
    const at = issue(line, i);
    if (line.firstInput < 0 && unit[i] === INPUT) line.firstInput = at + 1;
    if (unit[i] === RESULT) line.results.push((line.idle[RESULT] as number) - 1);
  }
  sequences.push({ from: before, until: weight.length, times: 1, period: 0, endsFrame });
}

/** The part that is repeated, as often as it is until nothing changes any more. */
function repeat(line: Line): void {
  const { from, until, times } = line.table;
  let found = stateOf(line);
  for (let left = times; left > 0; left--) {
    const began = line.nextIssue;
    run(line, from, until, false);
    const state = stateOf(line);
    if (left > 1 && isSame(state, found)) {
      const period = line.nextIssue - began;
      const { sequences } = line.loads;
      const last = sequences.pop();
      if (last) sequences.push({ ...last, times: left, period });
      advance(line, (left - 1) * period);
      return;
    }
    found = state;
  }
}

/** Everything that later cycles depend on; what is over before the next issue counts as over then. */
function stateOf({ idle, done, streamerFree, nextIssue }: Line): Float64Array {
  const state = new Float64Array(idle.length + done.length + 1);
  let n = 0;
  for (let i = 0; i < idle.length; i++) state[n++] = Math.max((idle[i] as number) - nextIssue, 0);
  for (let i = 0; i < done.length; i++) state[n++] = Math.max((done[i] as number) - nextIssue, 0);
  state[n] = Math.max(streamerFree - nextIssue, 0);
  return state;
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function advance(line: Line, cycles: number): void {
  const { idle, done } = line;
  for (let i = 0; i < idle.length; i++) idle[i] = (idle[i] as number) + cycles;
  for (let i = 0; i < done.length; i++) done[i] = (done[i] as number) + cycles;
  line.streamerFree += cycles;
  line.nextIssue += cycles;
}

/** Issues step `i` as early as its conditions allow; the cycle in which it does. */
function issue(line: Line, i: number): number {
  const { idle, done, table, latency } = line;
  const unit = table.unit[i] as number;
  const waits = table.idle[i] as readonly number[];
  const allowed = table.allowed[i] as number;
  let at = Math.max(line.nextIssue, idle[unit] as number);
  for (let n = 0; n < waits.length; n++) at = Math.max(at, idle[waits[n] as number] as number);
  if (allowed < 3) at = Math.max(at, done[2 - allowed] as number);
  line.nextIssue = at + 3;
  if (unit !== MATMUL) {
    idle[unit] = at + (table.busy[i] as number);
    return at;
  }
  const words = table.words[i] as number;
  const passes = table.passes[i] as number;
  const load = table.byColumns[i] === 1 ? latency.loadColumns : latency.loadRows;
  const pass = Math.max(words, latency.minPass);
  const step = Math.max(pass, load);
  const first = Math.max(at + load, line.streamerFree);
  const last = first + (passes - 1) * step;
  idle[MATMUL] = last + 1;
  line.streamerFree = last + pass;
  done[0] = done[1] as number;
  done[1] = done[2] as number;
  done[2] = last + words + latency.result + 1;
  const weight = table.weight[i] as number;
  if (weight >= 0) {
    const { loads } = line;
    loads.weight.push(weight);
    loads.tiles.push(passes);
    loads.first.push(at);
    loads.second.push(first);
    loads.period.push(step);
  }
  return at;
}
