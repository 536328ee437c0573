import type { Board } from '../boards/index.ts';
import { arrayCost } from './array-cost.ts';
import type { EngineShape } from './engine.ts';
import type { Multipliers } from './multipliers.ts';
import type { Plan } from './plan.ts';
import type { ResourceEstimate } from './resources.ts';

/** Share of a board's resources that a plan may take; the rest is for placement and the user. */
export const BUDGET = 0.8;

/** Whether an engine fits the budget of a board. */
export function fits(need: ResourceEstimate, board: Board): boolean {
  const { lut, dsp } = board.resources;
  return need.lut <= BUDGET * lut && need.dsp <= BUDGET * dsp && memoryFits(need, board);
}

/** Whether its memories do; UltraRAM takes no more than there is of it. */
export function memoryFits(
  { bram36, memoryBits }: Pick<ResourceEstimate, 'bram36' | 'memoryBits'>,
  board: Board,
): boolean {
  return board.lutInputs === 6
    ? bram36 <= BUDGET * board.resources.bram36
    : memoryBits <= BUDGET * board.memoryBits;
}

/** Whether the array alone fits; where it does not, no plan with it does. */
export function arrayFitsBoard(shape: EngineShape, multipliers: Multipliers, board: Board) {
  const { lut, dsp } = arrayCost({ ...shape, ...multipliers });
  const { resources } = board;
  return lut <= BUDGET * resources.lut && (resources.dsp === 0 || dsp <= BUDGET * resources.dsp);
}

/** The shares of the board's LUTs and DSPs that the array alone takes: at most those of its plans. */
export function arrayShare(shape: EngineShape, multipliers: Multipliers, board: Board): number {
  const { lut, lutram, dsp } = arrayCost({ ...shape, ...multipliers });
  const { resources } = board;
  return resources.dsp === 0 ? 0 : (lut + lutram) / resources.lut + dsp / resources.dsp;
}

/** The shares of the board's LUTs, DSPs and block RAMs together. */
export function planShare({ estimate }: Plan, { resources }: Board): number {
  const share = (need: number, has: number) => (has === 0 ? 0 : need / has);
  return (
    share(estimate.lut, resources.lut) +
    share(estimate.dsp, resources.dsp) +
    share(estimate.bram36, resources.bram36)
  );
}

/** What an engine needs, in words. */
export function describeNeed(r: ResourceEstimate): string {
  return `${r.lut} LUT, ${r.dsp} DSP and ${r.bram36} BRAM36 (${Math.ceil(r.memoryBits / 1024)} kbit)`;
}

/** What a board has, in the same words. */
export function describeBoard(board: Board): string {
  return describeNeed({ ...board.resources, memoryBits: board.memoryBits });
}
