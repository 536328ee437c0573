import { greedy } from './greedy.ts';
import { hawqV3, type Solver } from './hawq-v3.ts';
import type { Allocation, Problem } from './problem.ts';
import { uniform, vaqf } from './uniform.ts';

export { createSolver, type Solver } from './hawq-v3.ts';
export { type Front, frontOf, paretoFront } from './pareto.ts';
export * from './problem.ts';
export { largestThatMeets } from './uniform.ts';

/** Ways to choose the bits of layers; docs/precision.md explains each. */
export const allocatorNames = ['uniform', 'vaqf', 'greedy', 'hawq-v3'] as const;
export type AllocatorName = (typeof allocatorNames)[number];

/**
 * Bits for every layer by an allocator's name; null where it finds none that keep the limits.
 *
 * @param solver for several problems one after the other; made anew when absent
 */
export async function allocate(
  name: AllocatorName,
  problem: Problem,
  solver?: Solver,
): Promise<Allocation | null> {
  switch (name) {
    case 'uniform':
      return uniform(problem);
    case 'vaqf':
      return vaqf(problem);
    case 'greedy':
      return greedy(problem);
    case 'hawq-v3':
      return hawqV3(problem, solver);
  }
}
