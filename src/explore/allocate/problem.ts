/** One way to compute a layer. */
export interface Choice {
  readonly weights: number;
  readonly activations: number;
  /** What it adds to the error of the output; losses of layers add up. */
  readonly loss: number;
  /** What it takes of each thing that is limited, 0 or more; 0 where absent. */
  readonly costs: Readonly<Record<string, number>>;
}

export interface LayerChoices {
  readonly layer: string;
  /** At least one. */
  readonly choices: readonly Choice[];
}

/** A bound on the sum of a cost over all layers. */
export interface Limit {
  readonly cost: string;
  readonly atMost: number;
}

/**
 * Bits for every layer under limits that are linear: cycles for a frame rate or a latency, LUTs, DSPs
 * and memories, bits of weights on chip, bytes over a bus.
 */
export interface Problem {
  readonly layers: readonly LayerChoices[];
  readonly limits: readonly Limit[];
}

/** A choice for every layer that keeps all limits. */
export interface Allocation {
  /** Index of the choice of each layer, in the problem's order. */
  readonly chosen: readonly number[];
  readonly loss: number;
  /** Sums of every cost that a choice or a limit names. */
  readonly costs: Readonly<Record<string, number>>;
}

/** Sums of binary fractions are off by as much. */
const ROUNDING = 1e-12;

export function keeps(total: number, { atMost }: Limit): boolean {
  return total <= atMost + ROUNDING * Math.abs(atMost);
}

/** Throws RangeError for a problem without layers, a layer without choices, or a cost below 0. */
export function checkProblem({ layers, limits }: Problem): void {
  if (layers.length === 0) throw new RangeError('a problem without layers');
  for (const { layer, choices } of layers) {
    if (choices.length === 0) throw new RangeError(`${layer} has no choices`);
    for (const { loss, costs } of choices) {
      const wrong = Object.entries(costs).find(([, c]) => !(c >= 0 && Number.isFinite(c)));
      if (wrong) throw new RangeError(`${layer} has a ${wrong[0]} of ${wrong[1]}`);
      if (!Number.isFinite(loss)) throw new RangeError(`${layer} has a loss of ${loss}`);
    }
  }
  const limit = limits.find(({ atMost }) => Number.isNaN(atMost));
  if (limit) throw new RangeError(`the limit of ${limit.cost} is no number`);
}

/** The sums of an allocation, whether it keeps the limits or not. */
export function total(problem: Problem, chosen: readonly number[]): Allocation {
  const picked = problem.layers.map(({ choices }, i) => choices[chosen[i] as number] as Choice);
  const costs: Record<string, number> = {};
  for (const name of costNames(problem)) {
    costs[name] = picked.reduce((sum, choice) => sum + (choice.costs[name] ?? 0), 0);
  }
  return Object.freeze({ chosen, loss: picked.reduce((sum, { loss }) => sum + loss, 0), costs });
}

export function isFeasible({ limits }: Problem, { costs }: Pick<Allocation, 'costs'>): boolean {
  return limits.every((limit) => keeps(costs[limit.cost] ?? 0, limit));
}

function costNames({ layers, limits }: Problem): readonly string[] {
  const names = new Set(limits.map(({ cost }) => cost));
  for (const { choices } of layers) {
    for (const { costs } of choices) for (const name of Object.keys(costs)) names.add(name);
  }
  return [...names];
}

/** The least of some values, the first of equals; -1 of none. */
export function indexOfLeast(values: readonly number[]): number {
  return values.reduce((best, v, i) => (best < 0 || v < (values[best] as number) ? i : best), -1);
}
