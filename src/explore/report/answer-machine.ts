import { engineMachine, type Machine } from '../roofline/index.ts';
import type { ExploreResult } from '../types.ts';

/** The roof of the engine of an answer: its array, and its bus where it has one. */
export function answerMachine({ answer }: ExploreResult, board: Machine): Machine | undefined {
  if (!answer) return undefined;
  const { tile, weightBus, clockMHz } = answer.point;
  const products = tile.tokens * tile.inputs * tile.outputs;
  const engine = engineMachine('this plan', products, weightBus ?? 128, clockMHz);
  // Weights on chip take no bus: the roof is the array's alone, on the board's own slope.
  return weightBus === null ? { ...engine, bytesPerSecond: board.bytesPerSecond } : engine;
}
