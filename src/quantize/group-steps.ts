import type { WeightMethod, WeightObserver } from '../dsl/quant-method.ts';
import { GROUP_FACTORS, groupCount, type NumberFormat, type Range } from '../ir/index.ts';
import type { FloatTensor } from '../model/index.ts';
import { ofValues } from './distribution.ts';
import { observe } from './observers.ts';

/**
 * The finest step of a row of weights, and by which factors the steps of its groups are larger: one
 * factor, 1, for a row without groups.
 */
export interface RowSteps {
  readonly step: number;
  readonly factors: readonly number[];
}

/** Inputs of a group; null where a step is that of a row or of several. */
export function groupSize({ granularity }: WeightMethod, inputs: number): number | null {
  return typeof granularity === 'object' && granularity.group < inputs ? granularity.group : null;
}

/** A step for each row alone, as `weightSteps` gives them. */
export function wholeRows(steps: readonly number[]): readonly RowSteps[] {
  return steps.map((step) => ({ step, factors: [1] }));
}

/**
 * Steps of the groups of every row `[out, in]`: multiples of the row's finest by `GROUP_FACTORS`, so
 * that hardware adds and shifts where it would have to multiply.
 *
 * @param steps of the rows as a whole, 0 for rows of zeros
 * @param range the codes that weights take
 */
export function groupSteps(
  { observer, range: kind }: WeightMethod,
  { shape, data }: FloatTensor,
  steps: readonly number[],
  size: number,
  format: NumberFormat,
  range: Range,
): readonly RowSteps[] {
  const width = shape[1] ?? 0;
  return steps.map((step, n) => {
    const row = data.subarray(n * width, (n + 1) * width);
    const groups = Array.from({ length: groupCount(width, size) }, (_, g) =>
      row.subarray(g * size, (g + 1) * size),
    );
    const least = groups.map((group) => {
      const values = ofValues(group);
      const free = minimizes(observer) || (values.min === 0 && values.max === 0);
      return free ? 0 : observe(observer, values, kind, format).scale;
    });
    return step > 0 ? rowSteps(groups, step, least, range) : evenly(step, groups);
  });
}

/**
 * Observers that look for the smallest error leave all factors open to the search by squared error;
 * the others say a range, and a group's step is at least that of its range.
 */
function minimizes({ kind }: WeightObserver): boolean {
  return kind === 'mse' || kind === 'omse' || kind === 'cosine';
}

/** Finest steps that are tried, so many within an octave. */
const TRIES = 8;
/** Of the largest steps that go with them, as parts of an octave around the row's own step. */
const FIRST_TRY = -4;
const LAST_TRY = 7;
/** A step counts as large enough in spite of rounding errors. */
const SLACK = 1 - 1e-9;
const LARGEST = GROUP_FACTORS.at(-1) as number;

/** All groups at the row's own step. */
function evenly(step: number, groups: readonly unknown[]): RowSteps {
  const [smallest = 1] = GROUP_FACTORS;
  return { step: step / smallest, factors: groups.map(() => smallest) };
}

/**
 * Of finest steps whose largest multiple is around the row's own step, each with the best factor of
 * every group, the one with the smallest squared error; the row's own step where none is better.
 */
function rowSteps(
  groups: readonly Float32Array[],
  step: number,
  least: readonly number[],
  range: Range,
): RowSteps {
  const wanted = Math.max(...least) * SLACK;
  let best = evenly(step, groups);
  let smallest = groups.reduce((sum, group) => sum + squaredError(group, step, range), 0);
  for (let i = FIRST_TRY; i <= LAST_TRY && smallest > 0; i++) {
    const finest = (step * 2 ** (i / TRIES)) / LARGEST;
    if (finest * LARGEST < wanted) continue;
    let error = 0;
    const factors = groups.map((group, g) => {
      let [chosen, own] = [LARGEST, Number.POSITIVE_INFINITY];
      for (const factor of GROUP_FACTORS) {
        if (finest * factor < SLACK * (least[g] as number)) continue;
        const found = squaredError(group, finest * factor, range);
        if (found < own) [chosen, own] = [factor, found];
      }
      error += own;
      return chosen;
    });
    if (error < smallest) [smallest, best] = [error, { step: finest, factors }];
  }
  return best;
}

/** `sum (w - Q(w))^2`; ties do not matter, both neighbours are equally far. */
function squaredError(values: Float32Array, step: number, { low, high }: Range): number {
  let error = 0;
  for (let i = 0; i < values.length; i++) {
    const w = values[i] as number;
    const code = Math.min(Math.max(Math.round(w / step), low), high);
    error += (w - code * step) ** 2;
  }
  return error;
}

/**
 * The same with a finest step of at least `least`: the factors are then the smallest with which no
 * group has a finer step than before, as far as there are such.
 */
export function notBelow({ step, factors }: RowSteps, least: number): RowSteps {
  if (step >= least) return { step, factors };
  if (factors.length === 1) return { step: least, factors };
  const coarser = (factor: number) =>
    GROUP_FACTORS.find((f) => f * least >= SLACK * factor * step) ?? LARGEST;
  return { step: least, factors: factors.map(coarser) };
}

/** Of every input of a row, the step of its group in finest ones; null without groups. */
export function inputUnits(
  { factors }: RowSteps,
  inputs: number,
  size: number | null,
): Float64Array | null {
  if (size === null) return null;
  return Float64Array.from({ length: inputs }, (_, k) => factors[Math.floor(k / size)] as number);
}
