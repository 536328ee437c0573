import { type EngineShape, latencies, tokenWords } from './engine.ts';
import type { Instruction, MatmulOperation, Program, Unit } from './program.ts';
import { type WeightArrival, weightArrival } from './weight-arrival.ts';
import type { WeightStream } from './weight-stream.ts';

/**
 * The exact number of cycles. The engine's timing does not depend on data, so running the program
 * against the units' schedules, one instruction at a time, gives the cycle of every event. Stalls
 * of the streams are left out: input is always there, results are always taken.
 *
 * Cycle numbers count from the sequencer's first fetch. Facts used, from the RTL:
 * - instruction i issues no earlier than 3 cycles after instruction i-1;
 * - an operation counts as outstanding until the cycle after its last write.
 */
export interface CycleReport {
  /** From one frame's last result to the next one's, in the steady state. */
  readonly perFrame: number;
  /** From the first input word of the first frame to its last result, both included. */
  readonly latency: number;
}

/** What an instruction can wait for: a unit, or matrix products that are under way. */
export type Wait = Unit | 'products';

/** One instruction as the cycle model ran it. */
export interface IssueEvent {
  readonly instruction: Instruction;
  /** First cycle in which the sequencer was ready to issue it. */
  readonly from: number;
  /** The cycle in which it did. */
  readonly at: number;
  /** What it waited for longest between the two; null when it did not wait. */
  readonly waitedFor: Wait | null;
  /** Of a matrix product: when it takes its first tile, and when another may take its own. */
  readonly array: ArrayUse | null;
}

export interface ArrayUse {
  readonly taken: number;
  readonly free: number;
  /** Cycles by which weights that had not come delayed the first tile, and all the others. */
  readonly late: { readonly first: number; readonly others: number };
}

interface Timeline {
  /** Cycle in which each unit is seen idle again. */
  readonly idle: Record<Unit, number>;
  /** Cycles in which outstanding matrix products are seen finished, in order. */
  readonly matmulDone: number[];
  /** First cycle in which the streamer may take the next operation's first tile. */
  streamerFree: number;
  nextIssue: number;
  /** The weight stream, where there is one. */
  readonly weights: WeightArrival | null;
  /** That of parameters until the first tile has its own: it brings the others in time. */
  parameters: WeightArrival | null;
}

/** Geometry on which the latencies of the row-wise units depend. */
export interface RowGroups {
  /** Groups of VL channels in a token. */
  readonly channels: number;
  /** Largest exponent of steps per token; 0 without them. */
  readonly rowExponent: number;
  /** Groups of VL keys in a row of scores. */
  readonly keys: number;
  readonly inputWords: number;
  readonly resultWords: number;
  readonly classes: number;
}

/**
 * @param observe is told of every instruction of every frame that is run, in order
 * @param stream weights in external memory, which answers after `DEFAULT_LATENCY` cycles
 * @param parameters of channels in the same memory
 */
export function countCycles(
  program: Program,
  shape: EngineShape,
  groups: RowGroups,
  observe: (event: IssueEvent) => void = () => {},
  stream: WeightStream | null = null,
  parameters: WeightStream | null = null,
): CycleReport {
  const line: Timeline = {
    idle: { matmul: 0, layerNorm: 0, softmax: 0, meanPool: 0, input: 0, result: 0 },
    matmulDone: [],
    streamerFree: 0,
    // Fetch in cycle 0, descriptor in 1, issue in 2.
    nextIssue: 2,
    // Fetching is enabled along with the first instruction.
    weights: stream && weightArrival(stream, { start: 2 }),
    parameters: parameters && weightArrival(parameters, { start: 2 }),
  };
  const { instructions, loopStart } = program;
  let firstInput = -1;
  const results: number[] = [];
  const run = (instruction: Instruction) => {
    const event = issue(line, instruction, program, shape, groups);
    observe(event);
    if (instruction.unit === 'input' && firstInput < 0) firstInput = event.at + 1;
    if (instruction.unit === 'result') results.push(line.idle.result - 1);
  };
  for (const instruction of instructions.slice(0, loopStart)) run(instruction);
  // A few frames until two intervals in a row agree; the first is free of a frame before it.
  for (let frame = 0; frame < 8; frame++) {
    for (const instruction of instructions.slice(loopStart)) run(instruction);
    const n = results.length;
    if (n >= 4 && interval(results, n - 1) === interval(results, n - 2)) break;
  }
  return {
    perFrame: interval(results, results.length - 1),
    latency: (results[0] ?? 0) - firstInput + 1,
  };
}

function interval(results: readonly number[], index: number): number {
  return (results[index] ?? 0) - (results[index - 1] ?? 0);
}

/** From a LayerNorm's issue until it is seen idle; rows with steps of their own wait for them. */
export function layerNormCycles(
  rows: number,
  { channels, rowExponent }: Pick<RowGroups, 'channels' | 'rowExponent'>,
): number {
  const steps = rowExponent > 0 ? channels + 3 : 0;
  return (rows + 1) * channels + 18 + steps;
}

/** Issues one instruction as early as its conditions allow. */
function issue(
  line: Timeline,
  instruction: Instruction,
  program: Program,
  shape: EngineShape,
  groups: RowGroups,
): IssueEvent {
  const from = line.nextIssue;
  let at = from;
  let waitedFor: Wait | null = null;
  const waitFor = (what: Wait, until: number) => {
    if (until <= at) return;
    at = until;
    waitedFor = what;
  };
  waitFor(instruction.unit, line.idle[instruction.unit]);
  for (const unit of instruction.idle) waitFor(unit, line.idle[unit]);
  // The counter holds three; a fourth product waits for the oldest.
  const allowed = Math.min(instruction.maxMatmul, instruction.unit === 'matmul' ? 2 : 3);
  if (allowed < 3) {
    const finished = line.matmulDone[line.matmulDone.length - 1 - allowed];
    if (finished !== undefined) waitFor('products', finished);
  }
  line.nextIssue = at + 3;
  const array = start(line, instruction, at, program, shape, groups);
  return { instruction, from, at, waitedFor, array };
}

/** Cycles from taking a tile, or from an operation's issue, until the next one is there. */
function loaded(
  { weights }: Timeline,
  { b, outputs }: MatmulOperation,
  from: number,
  load: number,
): number {
  if (b.source !== 'weightStream') return load;
  if (!weights) throw new Error('the program streams weights, and there is no stream');
  // The first word can be taken one cycle after; the tile is there three cycles after the last.
  return weights.take(outputs, from + 1) + 3 - from;
}

/** When the parameters of an operation's first tile allow it to be taken. */
function parametersHere(line: Timeline, { outputs }: EngineShape, from: number): number {
  if (!line.parameters) return from;
  const last = line.parameters.take(outputs, from + 1);
  line.parameters = null;
  return last + 3;
}

function start(
  line: Timeline,
  { unit, operation }: Instruction,
  at: number,
  program: Program,
  shape: EngineShape,
  groups: RowGroups,
): IssueEvent['array'] {
  switch (unit) {
    case 'matmul': {
      const op = program.matmuls[operation] as MatmulOperation;
      const latency = latencies(shape);
      const passes = Math.ceil(op.reduction / shape.inputs) * Math.ceil(op.columns / op.outputs);
      const words = tokenWords(shape, op.rows);
      const pass = Math.max(words, latency.minPass);
      const load = op.b.source === 'keyColumns' ? latency.loadColumns : latency.loadRows;
      const here = Math.max(at + loaded(line, op, at, load), parametersHere(line, shape, at));
      const firstTake = Math.max(here, line.streamerFree);
      const late = { first: firstTake - Math.max(at + load, line.streamerFree), others: 0 };
      let lastTake = firstTake + (passes - 1) * Math.max(pass, load);
      if (op.b.source === 'weightStream') {
        const inTime = lastTake;
        lastTake = firstTake;
        for (let i = 1; i < passes; i++) {
          lastTake += Math.max(pass, loaded(line, op, lastTake, load));
        }
        late.others = lastTake - inTime;
      }
      line.idle.matmul = lastTake + 1; // the loader takes the next operation
      line.streamerFree = lastTake + pass;
      line.matmulDone.push(lastTake + words + latency.result + 1);
      return { taken: firstTake, free: line.streamerFree, late };
    }
    case 'layerNorm': {
      const rows = program.layerNorms[operation]?.rows ?? 0;
      line.idle.layerNorm = at + layerNormCycles(rows, groups);
      break;
    }
    case 'softmax': {
      const rows = program.softmaxes[operation]?.rows ?? 0;
      line.idle.softmax = at + (rows + 2) * groups.keys + 17;
      break;
    }
    case 'meanPool': {
      const rows = program.meanPools[operation]?.rows ?? 0;
      line.idle.meanPool = at + rows * groups.channels + 7;
      break;
    }
    case 'input':
      line.idle.input = at + groups.inputWords + 1;
      break;
    case 'result':
      // Two cycles a word to fetch it, one a result to send it.
      line.idle.result = at + 2 * groups.resultWords + groups.classes + 1;
      break;
  }
  return null;
}
