import type { Board } from '../boards/index.ts';
import { BUDGET } from '../plan/budget.ts';
import type { ResourceEstimate } from '../plan/resources.ts';
import type { Binding, Limits } from './types.ts';

/** What a plan may take of a board; memory counts in blocks where they are of 36 kbit, else in bits. */
export type Budget = Readonly<Record<'lut' | 'dsp' | 'bram36' | 'uram' | 'memory', number>>;

/** The planner's share of a board, or less where a user gives less. */
export function budgetOf({ resources, ...board }: Board, limits: Limits = {}): Budget {
  const least = (has: number, limit = Number.POSITIVE_INFINITY) => Math.min(BUDGET * has, limit);
  const counted = board.lutInputs === 6;
  const unlimited = Number.POSITIVE_INFINITY;
  // Blocks of other devices are counted by their bits.
  const blockBits = (limits.bram36 ?? unlimited) * 36 * 1024;
  return {
    lut: least(resources.lut, limits.lut),
    dsp: least(resources.dsp, limits.dsp),
    bram36: counted ? least(resources.bram36, limits.bram36) : unlimited,
    uram: counted ? least(resources.uram, limits.uram) : unlimited,
    memory: counted ? unlimited : Math.min(BUDGET * board.memoryBits, blockBits),
  };
}

/** What makes a point worth nothing, whatever else it is: more than a user allows. */
export interface PointLimits {
  readonly budget: Budget;
  /** Cycles from the first input word to the last result; null: any number. */
  readonly latencyCycles: number | null;
  /** Bits of weights that all lie on chip. */
  readonly weightBits: number | null;
  /** Bytes of streamed weights a cycle. */
  readonly bytesPerCycle: number | null;
}

export function pointLimits(board: Board, clockMHz: number, limits: Limits = {}): PointLimits {
  const { latencyMs, weightKbit, bandwidth } = limits;
  return {
    budget: budgetOf(board, limits),
    latencyCycles: latencyMs === undefined ? null : latencyMs * clockMHz * 1e3,
    weightBits: weightKbit === undefined ? null : weightKbit * 1024,
    bytesPerCycle: bandwidth === undefined ? null : (bandwidth * 1e3) / clockMHz,
  };
}

/**
 * Whether a point takes too long, or brings too many weights in its time. Where cycles are a lower
 * bound, the time for the weights may be longer.
 */
export function isBeyond(
  { latencyCycles, bytesPerCycle }: PointLimits,
  worked: Readonly<
    { exact: boolean } & Record<'cyclesPerFrame' | 'latencyCycles' | 'weightBytes', number>
  >,
): boolean {
  const tooMany =
    bytesPerCycle !== null && worked.weightBytes > bytesPerCycle * worked.cyclesPerFrame;
  return (
    (latencyCycles !== null && worked.latencyCycles > latencyCycles) || (worked.exact && tooMany)
  );
}

/** Whether a plan whose figures are exact fits and keeps every limit. */
export function isWithin(
  limits: PointLimits,
  worked: Parameters<typeof isBeyond>[1] & { readonly estimate: ResourceEstimate },
): boolean {
  return !isBeyond(limits, worked) && bindingOf(worked.estimate, limits.budget).share <= 1;
}

/**
 * What an engine takes the largest share of, of what a plan may take of a board. A plan fits when
 * that share is at most 1; then it passes the planner's own test, which asks no more.
 */
export function bindingOf(need: ResourceEstimate, budget: Budget): Binding {
  const entries: readonly (readonly [Binding['resource'], number])[] = [
    ['lut', need.lut],
    ['dsp', need.dsp],
    ['bram36', need.bram36],
    ['uram', need.uram],
    ['memory', need.memoryBits],
  ];
  const all = entries
    .filter(([resource]) => Number.isFinite(budget[resource as keyof Budget]))
    .map(([resource, needed]) => {
      const has = budget[resource as keyof Budget];
      return { resource, need: needed, budget: has, share: shareOfBudget(needed, has) };
    });
  return all.reduce((most, one) => (one.share > most.share ? one : most));
}

export function shareOfBudget(need: number, budget: number): number {
  return need === 0 ? 0 : need / budget;
}
