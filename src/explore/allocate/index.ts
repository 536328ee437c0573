import { greedy } from './greedy.ts';
import { hawqV3, type Solver } from './hawq-v3.ts';
import type { AllocatorName } from './names.ts';
import { paretoFront } from './pareto.ts';
import type { Allocation, Problem } from './problem.ts';
import { uniform, vaqf } from './uniform.ts';

export { createSolver, type Solver } from './hawq-v3.ts';
export { type AllocatorName, allocatorNames } from './names.ts';
export { type Front, frontOf, paretoFront } from './pareto.ts';
export * from './problem.ts';
export { largestThatMeets } from './uniform.ts';

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
    case 'pareto': {
      // By rising cost and falling loss: the last one that keeps the limits.
      const [limit] = problem.limits;
      return limit ? (paretoFront(problem, limit.cost).points.at(-1) ?? null) : uniform(problem);
    }
  }
}
