import type { WeightMethod, WeightObserver } from '../dsl/quant-method.ts';
import { groupCount, MAX_GROUP_EXPONENT, type NumberFormat, type Range } from '../ir/index.ts';
import type { FloatTensor } from '../model/index.ts';
import { ofValues } from './distribution.ts';
import { observe } from './observers.ts';

/** The finest step of a row of weights, and by which powers of two the steps of its groups are larger. */
export interface RowSteps {
  readonly step: number;
  readonly exponents: readonly number[];
}

/** Inputs of a group; null where a step is that of a row or of several. */
export function groupSize({ granularity }: WeightMethod, inputs: number): number | null {
  return typeof granularity === 'object' && granularity.group < inputs ? granularity.group : null;
}

/** A step for each row alone, as `weightSteps` gives them. */
export function wholeRows(steps: readonly number[]): readonly RowSteps[] {
  return steps.map((step) => ({ step, exponents: [0] }));
}

/**
 * Steps of the groups of every row `[out, in]`: powers of two of each other, so that hardware shifts
 * where it would have to multiply.
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
    return step > 0 ? rowSteps(groups, step, least, range) : { step, exponents: groups.map(zero) };
  });
}

const zero = () => 0;

/**
 * Observers that look for the smallest error leave all exponents open to the search by squared error;
 * the others say a range, and a group's step is at least that of its range.
 */
function minimizes({ kind }: WeightObserver): boolean {
  return kind === 'mse' || kind === 'omse' || kind === 'cosine';
}

/** Finest steps that are tried, so many within an octave. */
const TRIES = 8;
/** A step counts as large enough in spite of rounding errors. */
const SLACK = 1 - 1e-9;

/**
 * Of finest steps around an eighth of the row's, each with the best exponent of every group, the one
 * with the smallest squared error; the row's own step where none is better.
 */
function rowSteps(
  groups: readonly Float32Array[],
  step: number,
  least: readonly number[],
  range: Range,
): RowSteps {
  const errorAt = (one: number) => groups.reduce((sum, g) => sum + squaredError(g, one, range), 0);
  let best: RowSteps = { step, exponents: groups.map(zero) };
  let smallest = errorAt(step);
  for (let i = 0; i < TRIES && smallest > 0; i++) {
    const finest = step * 2 ** (i / TRIES - MAX_GROUP_EXPONENT);
    let error = 0;
    const exponents = groups.map((group, g) => {
      let chosen = MAX_GROUP_EXPONENT;
      let own = squaredError(group, finest * 2 ** chosen, range);
      for (let e = chosen - 1; e >= 0 && finest * 2 ** e >= SLACK * (least[g] as number); e--) {
        const found = squaredError(group, finest * 2 ** e, range);
        if (found < own) [chosen, own] = [e, found];
      }
      error += own;
      return chosen;
    });
    if (error < smallest) [smallest, best] = [error, normalized(finest, exponents)];
  }
  return best;
}

/** With the smallest exponent 0. */
function normalized(step: number, exponents: readonly number[]): RowSteps {
  const common = Math.min(...exponents);
  return { step: step * 2 ** common, exponents: exponents.map((e) => e - common) };
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

/** The same with a finest step of at least `least`: groups of finer ones take a coarser. */
export function notBelow({ step, exponents }: RowSteps, least: number): RowSteps {
  let [finest, rest] = [step, exponents];
  while (finest > 0 && finest < least && rest.some((e) => e > 0)) {
    finest *= 2;
    rest = rest.map((e) => Math.max(0, e - 1));
  }
  return { step: Math.max(finest, least), exponents: rest };
}

/** Of every input of a row, the step of its group in finest ones; null where all are 1. */
export function inputUnits(
  { exponents }: RowSteps,
  inputs: number,
  size: number | null,
): Float64Array | null {
  if (size === null || exponents.every((e) => e === 0)) return null;
  return Float64Array.from(
    { length: inputs },
    (_, k) => 2 ** (exponents[Math.floor(k / size)] as number),
  );
}
