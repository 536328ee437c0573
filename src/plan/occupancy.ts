import { countCycles, type IssueEvent, type Wait } from './cycles.ts';
import { type EngineShape, productsPerCycle, tokenWords } from './engine.ts';
import { layersOf, STREAMS } from './layers.ts';
import type { Plan } from './plan.ts';
import type { Instruction, Unit } from './program.ts';
import { usefulProducts } from './program.ts';

/** What the array does in some cycles. The parts add up to all of them. */
export interface CycleParts {
  /** Cycles that the useful products would take if all multipliers always worked. */
  readonly useful: number;
  /** Multipliers without work while words are streamed: edges of tiles, and rows without a patch. */
  readonly padding: number;
  /** Passes that end before the next tile is loaded, or before the shortest pass is over. */
  readonly shortPasses: number;
  /** The first tile of an operation is loaded, and there is nothing to stream meanwhile. */
  readonly firstTiles: number;
  /** Weights of a tile have not come from external memory. */
  readonly weights: number;
  /** An instruction is fetched. */
  readonly fetch: number;
  /** The next instruction waits for a unit, or for products on their way to memory. */
  readonly waiting: Readonly<Record<Wait, number>>;
}

/** The cycles that one operation, or one layer, has of a frame's. */
export interface CycleShare extends CycleParts {
  readonly name: string;
  /** A whole number: the parts add up to it. */
  readonly cycles: number;
  /** Useful products. */
  readonly products: number;
}

/** Lost cycles belong to the instruction that waits, is fetched, or leaves multipliers idle. */
export interface OperationShare extends CycleShare {
  readonly unit: Unit;
  readonly layer: string;
}

/**
 * What the array does in the cycles of one frame, in the steady state: `perFrame` cycles, of which
 * every one belongs to one part, to one operation and to one layer.
 */
export interface Occupancy extends CycleParts {
  readonly perFrame: number;
  /** In the order of the program. */
  readonly operations: readonly OperationShare[];
  /** In the order of the model; last, where it has any cycles, what belongs to none. */
  readonly layers: readonly CycleShare[];
}

/** Cycles of one instruction as they are found, all whole numbers. */
interface Tally {
  readonly instruction: Instruction;
  products: number;
  /** Cycles in which words are streamed. */
  streamed: number;
  shortPasses: number;
  firstTiles: number;
  weights: number;
  fetch: number;
  readonly waiting: Record<Wait, number>;
}

/**
 * Accounts for every cycle of a frame, from the events of the cycle model. Throws when a cycle has
 * no cause, or more than one: that would be a fault of this function.
 */
export function occupancy(plan: Plan): Occupancy {
  const { program } = plan;
  const tallies = program.instructions.slice(program.loopStart).map(emptyTally);
  const byInstruction = new Map(tallies.map((tally) => [tally.instruction, tally]));
  const tallyOf = (instruction: Instruction) => {
    const tally = byInstruction.get(instruction);
    if (!tally) throw new Error(`${instruction.label} is not in the loop`);
    return tally;
  };
  const frame = tallyFrame(plan, tallyOf);

  const layers = layersOf(plan.checked.graph);
  const operations = tallies.map((tally) => operationShare(plan, tally, layers));
  const order = [...new Set([...layers.values(), STREAMS])];
  const byLayer = order.flatMap((name): CycleShare[] => {
    const parts = operations.filter(({ layer }) => layer === name);
    const share = { name, ...sumOf(parts, plan.shape) };
    return share.cycles === 0 ? [] : [share];
  });
  const { cycles: perFrame, products, ...whole } = sumOf(operations, plan.shape);
  if (perFrame !== frame || products !== plan.products) {
    throw new Error(`${perFrame} of ${frame} cycles have a cause`);
  }
  return { perFrame, ...whole, operations, layers: byLayer };
}

function noWaiting(): Record<Wait, number> {
  return { matmul: 0, layerNorm: 0, softmax: 0, meanPool: 0, input: 0, result: 0, products: 0 };
}

function emptyTally(instruction: Instruction): Tally {
  return {
    ...{ instruction, products: 0, streamed: 0, shortPasses: 0 },
    ...{ firstTiles: 0, weights: 0, fetch: 0, waiting: noWaiting() },
  };
}

/** Gives the cycles of the last frame that the cycle model runs to its instructions, and counts them. */
function tallyFrame(plan: Plan, tallyOf: (instruction: Instruction) => Tally): number {
  const { program, shape, geometry, stream } = plan;
  const events: IssueEvent[] = [];
  const { parameterStream } = plan.parameters;
  countCycles(program, shape, geometry, (event) => events.push(event), stream, parameterStream);
  const frameLength = program.instructions.length - program.loopStart;
  const busy = events.flatMap((event) => (event.array ? [{ event, ...event.array }] : []));
  // What held the array up before the first operation began in the frame before.
  const recent = events.slice(-2 * frameLength);
  const begin = busy.at(-1 - program.matmuls.length)?.free ?? 0;
  let before = begin;
  for (const { event, taken, free, late } of busy.slice(-program.matmuls.length)) {
    tallyGap(recent, event, before, tallyOf);
    const op = program.matmuls[event.instruction.operation];
    if (!op) throw new Error(`${event.instruction.label} has no operation`);
    const tally = tallyOf(event.instruction);
    const tiles = Math.ceil(op.reduction / shape.inputs) * Math.ceil(op.columns / op.outputs);
    tally.products += usefulProducts(op);
    tally.streamed += tiles * tokenWords(shape, op.rows);
    tally.shortPasses += free - taken - late.others - tiles * tokenWords(shape, op.rows);
    tally.weights += late.first + late.others;
    before = free;
  }
  return before - begin;
}

/** The cycles from `free`, when the array had nothing more to do, to the first tile of `target`. */
function tallyGap(
  events: readonly IssueEvent[],
  target: IssueEvent,
  free: number,
  tallyOf: (instruction: Instruction) => Tally,
): void {
  const { taken, late } = target.array ?? { taken: free, late: { first: 0, others: 0 } };
  let explained = 0;
  const overlap = (begin: number, end: number) => {
    const cyclesOfGap = Math.max(0, Math.min(end, taken) - Math.max(begin, free));
    explained += cyclesOfGap;
    return cyclesOfGap;
  };
  for (const event of events) {
    const { instruction, from, at, waitedFor } = event;
    if (waitedFor) {
      const cycles = overlap(from, at);
      if (cycles > 0) tallyOf(instruction).waiting[waitedFor] += cycles;
    }
    if (event === target) {
      // Late weights hold the tile up last; they are counted with the operation.
      tallyOf(instruction).firstTiles += overlap(at, taken - late.first);
      overlap(taken - late.first, taken);
      break; // what comes after does not hold this operation back
    }
    const cycles = overlap(at, at + 3);
    if (cycles > 0) tallyOf(instruction).fetch += cycles;
  }
  if (explained !== taken - free) throw new Error(`the gap before cycle ${taken} has no cause`);
}

function operationShare(
  { program, shape }: Plan,
  { instruction, products, streamed, ...lost }: Tally,
  layers: ReadonlyMap<string, string>,
): OperationShare {
  const { unit, operation, label: name } = instruction;
  const tensor =
    unit === 'input' || unit === 'result'
      ? null
      : {
          matmul: program.matmuls,
          layerNorm: program.layerNorms,
          softmax: program.softmaxes,
          meanPool: program.meanPools,
        }[unit][operation]?.tap.tensor;
  const layer = tensor === null ? STREAMS : layers.get(tensor ?? '');
  if (layer === undefined) throw new Error(`${name} belongs to no layer`);
  const { shortPasses, firstTiles, weights, fetch, waiting } = lost;
  const waited = Object.values(waiting).reduce((sum, n) => sum + n, 0);
  const useful = products / productsPerCycle(shape);
  return {
    ...{ name, unit, layer, products, useful, padding: streamed - useful },
    cycles: streamed + shortPasses + firstTiles + weights + fetch + waited,
    ...{ shortPasses, firstTiles, weights, fetch, waiting },
  };
}

/** Sums of whole numbers, which are exact; useful cycles and padding follow from them. */
function sumOf(shares: readonly CycleShare[], shape: EngineShape): Omit<CycleShare, 'name'> {
  const sum = (of: (share: CycleShare) => number) => shares.reduce((all, s) => all + of(s), 0);
  const waiting = noWaiting();
  for (const wait of Object.keys(waiting) as Wait[]) waiting[wait] = sum((s) => s.waiting[wait]);
  const waited = Object.values(waiting).reduce((all, n) => all + n, 0);
  const lost = {
    shortPasses: sum((s) => s.shortPasses),
    firstTiles: sum((s) => s.firstTiles),
    weights: sum((s) => s.weights),
    fetch: sum((s) => s.fetch),
  };
  const cycles = sum((s) => s.cycles);
  const products = sum((s) => s.products);
  const useful = products / productsPerCycle(shape);
  const streamed = Object.values(lost).reduce((left, n) => left - n, cycles - waited);
  return { cycles, products, useful, padding: streamed - useful, ...lost, waiting };
}
