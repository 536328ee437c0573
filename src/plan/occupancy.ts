import { countCycles, type IssueEvent, type Wait } from './cycles.ts';
import { productsPerCycle, tokenWords } from './engine.ts';
import type { Plan } from './plan.ts';

/**
 * What the array does in the cycles of one frame, in the steady state. The parts add up to
 * `perFrame`, exactly: every cycle belongs to one of them.
 */
export interface Occupancy {
  readonly perFrame: number;
  /** Cycles that the products of the model would take if all multipliers always worked. */
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

/** Accounts for every cycle of a frame, from the events of the cycle model. */
export function occupancy(plan: Plan): Occupancy {
  const { program, shape, geometry, cycles } = plan;
  const events: IssueEvent[] = [];
  countCycles(program, shape, geometry, (event) => events.push(event), plan.stream);
  const frameLength = program.instructions.length - program.loopStart;
  const busy = events.flatMap((event) => (event.array ? [event.array] : []));
  const ofFrame = busy.slice(-program.matmuls.length);

  const waiting: Record<Wait, number> = {
    matmul: 0,
    layerNorm: 0,
    softmax: 0,
    meanPool: 0,
    input: 0,
    result: 0,
    products: 0,
  };
  let [firstTiles, fetch, weights] = [0, 0, 0];
  ofFrame.forEach(({ taken, late }, i) => {
    weights += late.first + late.others;
    // The array has been free since the operation before, for the first one that of the last frame.
    const free = busy[busy.length - ofFrame.length + i - 1]?.free ?? 0;
    let explained = 0;
    const overlap = (begin: number, end: number) => {
      const cyclesOfGap = Math.max(0, Math.min(end, taken) - Math.max(begin, free));
      explained += cyclesOfGap;
      return cyclesOfGap;
    };
    for (const event of events.slice(-2 * frameLength)) {
      if (event.waitedFor) waiting[event.waitedFor] += overlap(event.from, event.at);
      if (event.array?.taken === taken) {
        // Late weights hold the tile up last.
        firstTiles += overlap(event.at, taken - late.first);
        overlap(taken - late.first, taken);
        break; // what comes after does not hold this operation back
      }
      fetch += overlap(event.at, event.at + 3);
    }
    if (explained !== taken - free) throw new Error(`the gap before cycle ${taken} has no cause`);
  });

  const streamed = program.matmuls.reduce((sum, op) => {
    const tiles = Math.ceil(op.reduction / shape.inputs) * Math.ceil(op.columns / shape.outputs);
    return sum + tiles * tokenWords(shape, op.rows);
  }, 0);
  const occupied = ofFrame.reduce((sum, { taken, free }) => sum + free - taken, 0);
  const lateTiles = ofFrame.reduce((sum, { late }) => sum + late.others, 0);
  const useful = plan.products / productsPerCycle(shape);
  return {
    perFrame: cycles.perFrame,
    useful,
    padding: streamed - useful,
    shortPasses: occupied - streamed - lateTiles,
    firstTiles,
    weights,
    fetch,
    waiting,
  };
}
