import fc from 'fast-check';
import {
  type Allocation,
  isFeasible,
  type Limit,
  type Problem,
  total,
} from '../../src/explore/allocate/index.ts';

/** Every allocation of a small problem that keeps the limits. */
export function allFeasible(problem: Problem): Allocation[] {
  let all: number[][] = [[]];
  for (const { choices } of problem.layers) {
    all = all.flatMap((chosen) => choices.map((_, i) => [...chosen, i]));
  }
  return all.map((chosen) => total(problem, chosen)).filter((a) => isFeasible(problem, a));
}

export function leastLoss(allocations: readonly Allocation[]): number {
  return Math.min(...allocations.map(({ loss }) => loss));
}

const COSTS = ['cycles', 'weightBits', 'bram36'] as const;

/** Up to 5 layers of up to 4 choices, under limits of which some cannot be kept. */
export const smallProblems = (limits = 3): fc.Arbitrary<Problem> =>
  fc
    .array(
      fc.array(
        fc.record({
          loss: fc.double({ min: 0, max: 1, noNaN: true }),
          costs: fc.tuple(fc.nat(1000), fc.nat(1_000_000), fc.nat(12)),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      { minLength: 1, maxLength: 5 },
    )
    .chain((layers) =>
      fc
        .array(fc.double({ min: -0.05, max: 1, noNaN: true }), {
          minLength: limits,
          maxLength: limits,
        })
        .map((shares) => ({
          layers: layers.map((choices, i) => ({
            layer: `layer${i}`,
            choices: choices.map(({ loss, costs }, j) => ({
              ...{ weights: 2 + j, activations: 2 + j, loss },
              costs: Object.fromEntries(COSTS.map((cost, n) => [cost, costs[n] as number])),
            })),
          })),
          // Between the least and the largest sum, now and then below: often possible, often not.
          limits: shares.map((share, n): Limit => {
            const sumOf = (of: (...costs: number[]) => number) =>
              layers.reduce(
                (sum, choices) => sum + of(...choices.map((c) => c.costs[n] as number)),
                0,
              );
            const [low, high] = [sumOf(Math.min), sumOf(Math.max)];
            const atMost = Math.max(0, Math.floor(low + share * (high - low)));
            return { cost: COSTS[n] as string, atMost };
          }),
        })),
    );
