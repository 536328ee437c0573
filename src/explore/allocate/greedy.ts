import {
  type Allocation,
  type Choice,
  checkProblem,
  indexOfLeast,
  isFeasible,
  keeps,
  type Limit,
  type Problem,
  total,
} from './problem.ts';

interface Move {
  readonly layer: number;
  readonly choice: number;
  readonly score: number;
}

/**
 * From the least loss in every layer, the step that costs the least loss for what it takes off the
 * limits that are broken, until all are kept; then back, as far as there is room. With one limit it
 * finds an allocation whenever there is one; with several it may not.
 */
export function greedy(problem: Problem): Allocation | null {
  checkProblem(problem);
  let current = total(
    problem,
    problem.layers.map(({ choices }) => indexOfLeast(choices.map(({ loss }) => loss))),
  );
  while (!isFeasible(problem, current)) {
    const move = cheapest(problem, current);
    if (!move) return null;
    current = taken(problem, current, move);
  }
  for (;;) {
    const move = bestReturn(problem, current);
    if (!move) return current;
    current = taken(problem, current, move);
  }
}

function taken(problem: Problem, { chosen }: Allocation, { layer, choice }: Move): Allocation {
  return total(problem, chosen.with(layer, choice));
}

/**
 * The step of the least loss for what it takes off the excess, all limits in shares of their own. The
 * excess falls with every step, so that the steps end.
 */
function cheapest(problem: Problem, current: Allocation): Move | undefined {
  const excessOf = (limit: Limit, more: number) => {
    const sum = (current.costs[limit.cost] ?? 0) + more;
    return keeps(sum, limit) ? 0 : (sum - limit.atMost) / (limit.atMost || 1);
  };
  const excess = problem.limits.reduce((all, limit) => all + excessOf(limit, 0), 0);
  return least(problem, current, (from, to) => {
    const left = problem.limits.reduce((all, limit) => {
      const more = (to.costs[limit.cost] ?? 0) - (from.costs[limit.cost] ?? 0);
      return all + excessOf(limit, more);
    }, 0);
    const freed = excess - left;
    if (!(freed > EPSILON * excess)) return null;
    const loss = to.loss - from.loss;
    // A step that loses nothing comes first, the larger one before.
    return loss > 0 ? loss / freed : loss - freed;
  });
}

/** A share of the excess that may be rounding. */
const EPSILON = 1e-9;

/** The step of the largest gain that keeps all limits. */
function bestReturn(problem: Problem, current: Allocation): Move | undefined {
  return least(problem, current, (from, to) => {
    if (!(to.loss < from.loss)) return null;
    const fits = problem.limits.every((limit) => {
      const more = (to.costs[limit.cost] ?? 0) - (from.costs[limit.cost] ?? 0);
      return more <= 0 || keeps((current.costs[limit.cost] ?? 0) + more, limit);
    });
    return fits ? to.loss - from.loss : null;
  });
}

function least(
  { layers }: Problem,
  { chosen }: Allocation,
  scoreOf: (from: Choice, to: Choice) => number | null,
): Move | undefined {
  let best: Move | undefined;
  layers.forEach(({ choices }, layer) => {
    const from = choices[chosen[layer] as number] as Choice;
    choices.forEach((to, choice) => {
      if (to === from) return;
      const score = scoreOf(from, to);
      if (score !== null && (!best || score < best.score)) best = { layer, choice, score };
    });
  });
  return best;
}
