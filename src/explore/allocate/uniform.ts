import {
  type Allocation,
  type Choice,
  checkProblem,
  isFeasible,
  type LayerChoices,
  type Problem,
  total,
} from './problem.ts';

const keyOf = ({ weights, activations }: Choice) => `${weights}/${activations}`;

/**
 * The same bits in every layer: the pair of the least loss that keeps the limits. A layer with a
 * single choice keeps it; null where no pair will do.
 */
export function uniform(problem: Problem): Allocation | null {
  checkProblem(problem);
  const pairs = new Set(problem.layers.flatMap(({ choices }) => choices.map(keyOf)));
  const all = [...pairs].flatMap((pair) => {
    const chosen = allOf(problem.layers, ({ choices }) =>
      choices.findIndex((choice) => keyOf(choice) === pair),
    );
    return chosen ? [total(problem, chosen)] : [];
  });
  return best(all.filter((allocation) => isFeasible(problem, allocation)));
}

/**
 * VAQF (arXiv 2201.06618): the weights are given, and activations take the largest width in all
 * layers with which the target is met, found by bisection: a target that no width meets is told by
 * the smallest, and costs must not fall with the width. Of several widths of weights a layer takes
 * the narrowest. Null where the smallest width of activations does not meet the target.
 */
export function vaqf(problem: Problem): Allocation | null {
  checkProblem(problem);
  const widths = [
    ...new Set(problem.layers.flatMap(({ choices }) => choices.map((c) => c.activations))),
  ].sort((a, b) => a - b);
  const at = (width: number): Allocation | null => {
    const chosen = allOf(problem.layers, ({ choices }) => narrowestWeights(choices, width));
    const allocation = chosen && total(problem, chosen);
    return allocation && isFeasible(problem, allocation) ? allocation : null;
  };
  return largestThatMeets(widths, at);
}

/** What `meets` gives for the largest of rising widths for which it gives something. */
export function largestThatMeets<T>(
  widths: readonly number[],
  meets: (width: number) => T | null,
): T | null {
  let [low, high] = [0, widths.length];
  let found: T | null = null;
  while (low < high) {
    // The smallest first: when it does not do, none does.
    const middle = found === null ? low : Math.floor((low + high) / 2);
    const result = meets(widths[middle] as number);
    if (result === null) high = middle;
    else {
      found = result;
      low = middle + 1;
    }
  }
  return found;
}

function narrowestWeights(choices: readonly Choice[], activations: number): number {
  return choices.reduce((best, choice, i) => {
    if (choice.activations !== activations) return best;
    return best < 0 || choice.weights < (choices[best] as Choice).weights ? i : best;
  }, -1);
}

/** A choice of every layer; null where one has none. Layers with a single choice are not asked. */
function allOf(
  layers: readonly LayerChoices[],
  of: (layer: LayerChoices) => number,
): number[] | null {
  const chosen = layers.map((layer) => (layer.choices.length === 1 ? 0 : of(layer)));
  return chosen.includes(-1) ? null : chosen;
}

function best(allocations: readonly Allocation[]): Allocation | null {
  return allocations.reduce<Allocation | null>(
    (least, one) => (least === null || one.loss < least.loss ? one : least),
    null,
  );
}
