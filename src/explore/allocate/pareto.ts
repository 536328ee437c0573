import {
  type Allocation,
  type Choice,
  checkProblem,
  keeps,
  type Problem,
  total,
} from './problem.ts';

export interface Front {
  /** By rising cost and falling loss; none is worse than another in both. */
  readonly points: readonly Allocation[];
  /** False where points were thinned out on the way: those that are there may then be beaten. */
  readonly exact: boolean;
}

/** A choice for the first layers; a list that grows by links, so that layers share it. */
interface Partial {
  readonly loss: number;
  /** The cost of the front first, then those that are limited. */
  readonly costs: readonly number[];
  readonly choice: number;
  readonly before: Partial | null;
}

/** Partial allocations that are kept, unless said otherwise. */
const MOST = 20_000;

/**
 * The Pareto front of loss and one cost under the limits, as HAWQ-V2 (arXiv 1911.03852, section 3.3)
 * takes it from all allocations. Here it grows layer by layer: a partial allocation that is worse in
 * everything than another can be no part of a point of the front, so the front is the same, and it
 * takes a number of steps that grows with the front and not with all allocations. Beyond `most`
 * partial allocations, the best of each of as many equal parts of the cost is kept, and the front is
 * no longer exact.
 */
export function paretoFront(problem: Problem, cost: string, most = MOST): Front {
  checkProblem(problem);
  const others = problem.limits.filter((limit) => limit.cost !== cost).map((limit) => limit.cost);
  const names = [cost, ...new Set(others)];
  const within = ({ costs }: Partial) =>
    problem.limits.every((limit) => keeps(costs[names.indexOf(limit.cost)] ?? 0, limit));
  let exact = true;
  let kept: readonly Partial[] = [{ loss: 0, costs: names.map(() => 0), choice: -1, before: null }];
  for (const { choices } of problem.layers) {
    const grown = kept.flatMap((before) =>
      choices.map((choice, i) => added(before, choice, i, names)),
    );
    kept = undominated(grown.filter(within));
    if (kept.length > most) {
      kept = thinned(kept, most);
      exact = false;
    }
  }
  const points = kept.map((partial) => total(problem, chosenBy(partial)));
  return { points: frontOf(points, (p) => p.costs[cost] ?? 0), exact };
}

function added(before: Partial, { loss, costs }: Choice, choice: number, names: readonly string[]) {
  return {
    loss: before.loss + loss,
    costs: before.costs.map((sum, i) => sum + (costs[names[i] as string] ?? 0)),
    choice,
    before,
  };
}

function chosenBy(last: Partial): number[] {
  const chosen: number[] = [];
  for (let at: Partial | null = last; at?.before; at = at.before) chosen.unshift(at.choice);
  return chosen;
}

/** Those that no other beats or equals in everything, the first of equals. */
function undominated(partials: readonly Partial[]): Partial[] {
  const sorted = partials.toSorted((a, b) => compare(a.costs, b.costs) || a.loss - b.loss);
  const kept: Partial[] = [];
  const single = sorted[0]?.costs.length === 1;
  for (const one of sorted) {
    // By rising cost, only the loss of the last one kept is to be beaten.
    const rivals = single ? kept.slice(-1) : kept;
    const beaten = rivals.some(
      (k) => k.loss <= one.loss && k.costs.every((c, i) => c <= (one.costs[i] as number)),
    );
    if (!beaten) kept.push(one);
  }
  return kept;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

function thinned(partials: readonly Partial[], most: number): Partial[] {
  const costOf = ({ costs }: Partial) => costs[0] as number;
  const low = partials.reduce((least, p) => Math.min(least, costOf(p)), Number.POSITIVE_INFINITY);
  const high = partials.reduce((largest, p) => Math.max(largest, costOf(p)), low);
  const best = new Map<number, Partial>();
  for (const one of partials) {
    const part = Math.floor(((costOf(one) - low) / (high - low || 1)) * (most - 1));
    const rival = best.get(part);
    if (!rival || one.loss < rival.loss) best.set(part, one);
  }
  return undominated([...best.values()]);
}

/** The front of some points by loss and a cost. */
export function frontOf<P extends { readonly loss: number }>(
  points: readonly P[],
  costOf: (point: P) => number,
): P[] {
  const sorted = points.toSorted((a, b) => costOf(a) - costOf(b) || a.loss - b.loss);
  const front: P[] = [];
  for (const point of sorted) {
    const last = front.at(-1);
    if (!last || point.loss < last.loss) front.push(point);
  }
  return front;
}
