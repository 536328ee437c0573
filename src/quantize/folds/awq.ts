import type { WeightMethod } from '../../dsl/quant-method.ts';
import type { NumberFormat } from '../../ir/index.ts';
import type { FloatTensor } from '../../model/index.ts';
import type { ChannelStatistics } from '../calibrate.ts';
import { groupSize, groupSteps, inputUnits, wholeRows } from '../group-steps.ts';
import type { LayerFacts } from '../layer-facts.ts';
import { dot, type Matrix, timesVector } from '../linear-algebra.ts';
import { roundNearest } from '../rounding/round-row.ts';
import { codeRange, weightSteps } from '../weight-steps.ts';
import type { Migration } from './migrate.ts';
import { bounded } from './norm-folds.ts';

/** Exponents `0, 1/20 .. 1` are tried (arXiv 2306.00978, section 3.2). */
const EXPONENTS = 20;

/** A layer that reads the norm. */
export interface Reader {
  readonly weight: FloatTensor;
  readonly format: NumberFormat;
  readonly facts: LayerFacts;
}

/**
 * AWQ: input channels of large activations are scaled up, so that their weights are rounded more
 * finely: `mean|x|^alpha` with the `alpha` for which the outputs of all the readers are closest to
 * the float ones over the calibration rows.
 */
export function awqScaling(
  { magnitude, rows }: ChannelStatistics,
  readers: readonly Reader[],
  method: WeightMethod,
): Migration {
  const moments = readers[0]?.facts.moments();
  let best: { factors: number[]; error: number } | undefined;
  for (let i = 0; i <= EXPONENTS; i++) {
    const factors = normalized(
      Array.from(magnitude, (sum) => (sum > 0 ? (sum / rows) ** (i / EXPONENTS) : 1)),
    );
    const error = readers.reduce(
      (sum, reader) => sum + outputError(reader, factors, method, moments as Matrix),
      0,
    );
    if (!best || error < best.error) best = { factors, error };
  }
  return { factors: best?.factors ?? [] };
}

/** Divided by the geometric middle of the extremes, as AWQ does. */
function normalized(factors: readonly number[]): number[] {
  const peak = factors.reduce((a, f) => Math.max(a, f), 0);
  const least = factors.reduce((a, f) => Math.min(a, f), peak);
  const middle = Math.sqrt(peak * least);
  return factors.map((f) => bounded(f / middle));
}

/** `sum_n e.T M e` with `e` what rounding does to row `n`, seen at the unscaled input. */
function outputError(
  { weight, format, facts }: Reader,
  factors: readonly number[],
  method: WeightMethod,
  moments: Matrix,
): number {
  const width = weight.shape[1] ?? 1;
  const scaled = Float32Array.from(weight.data, (w, at) => w * (factors[at % width] as number));
  const own = { shape: weight.shape, data: scaled };
  const range = codeRange(format, method.range);
  const whole = weightSteps(method, own, facts, format);
  const size = groupSize(method, width);
  const steps = size ? groupSteps(method, own, whole, size, format, range) : wholeRows(whole);
  let error = 0;
  for (const [n, row] of steps.entries()) {
    const { step } = row;
    if (step === 0) continue;
    const units = inputUnits(row, width, size);
    const codes = roundNearest(scaled.subarray(n * width, (n + 1) * width), step, range, units);
    const e = Float64Array.from(codes, (code, c) => {
      const value = code * step * (units ? (units[c] as number) : 1);
      return value / (factors[c] as number) - (weight.data[n * width + c] as number);
    });
    error += dot(e, timesVector(moments, e));
  }
  return error;
}
