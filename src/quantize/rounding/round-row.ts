import { clip, type Random, roundHalfEven } from '../../arithmetic/index.ts';
import type { Range } from '../../ir/index.ts';
import { dot, type Matrix, timesVector } from '../linear-algebra.ts';

/** Codes of a row of weights. */
export interface RoundedRow {
  readonly codes: Int32Array;
  /** The step given, or the one that suits the codes better. */
  readonly scale: number;
}

/** Of every input, its step in units of the row's; null where all are 1. */
export type Units = Float64Array | null;

export function roundNearest(
  row: ArrayLike<number>,
  scale: number,
  { low, high }: Range,
  units: Units = null,
) {
  return Int32Array.from(row, (w, i) =>
    clip(roundHalfEven(w / stepOf(scale, units, i)), low, high),
  );
}

function stepOf(scale: number, units: Units, i: number): number {
  return units ? scale * (units[i] as number) : scale;
}

/** Up with the probability of the fraction (Gupta et al., arXiv 1502.02551, section 3.1). */
export function roundStochastic(
  row: ArrayLike<number>,
  scale: number,
  { low, high }: Range,
  random: Random,
  units: Units = null,
): Int32Array {
  return Int32Array.from(row, (w, i) => {
    const exact = w / stepOf(scale, units, i);
    const floor = Math.floor(exact);
    const up = random.nextFloat() < exact - floor;
    return clip(floor + (up ? 1 : 0), low, high);
  });
}

/**
 * GPTQ (Frantar et al., arXiv 2210.17323, algorithm 1, without blocks): each column's error is made
 * up for by the columns that are still to be rounded.
 *
 * @param upper the upper Cholesky factor of the inverse of the damped second moments
 */
export function roundGptq(
  row: ArrayLike<number>,
  scale: number,
  { low, high }: Range,
  { size, data: u }: Matrix,
  units: Units = null,
): Int32Array {
  const w = Float64Array.from(row);
  const codes = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const step = stepOf(scale, units, i);
    const code = clip(roundHalfEven((w[i] as number) / step), low, high);
    codes[i] = code;
    const error = ((w[i] as number) - code * step) / (u[i * size + i] as number);
    for (let j = i + 1; j < size; j++) {
      w[j] = (w[j] as number) - error * (u[i * size + j] as number);
    }
  }
  return codes;
}

const COMQ_ROUNDS = 3;

/**
 * COMQ (Zhang et al., arXiv 2403.07134): coordinate descent on the codes, then the step, by rounds.
 * The squared error `(w - s q).T M (w - s q)` never grows; with units, `q` stands for `u q`. A step
 * below `least` is not taken.
 */
export function roundComq(
  row: ArrayLike<number>,
  scale: number,
  range: Range,
  moments: Matrix,
  least = 0,
  units: Units = null,
): RoundedRow {
  const { low, high } = range;
  const { size, data: m } = moments;
  const codes = roundNearest(row, scale, range, units);
  const inUnits = () => (units ? Float64Array.from(codes, (q, i) => stepOf(q, units, i)) : codes);
  const target = timesVector(moments, row);
  const strength = Array.from(
    { length: size },
    (_, i) => Math.abs(row[i] as number) * Math.sqrt(m[i * size + i] as number),
  );
  const order = strength.map((_, i) => i).sort((a, b) => strength[b]! - strength[a]! || a - b);
  let step = scale;
  for (let round = 0; round < COMQ_ROUNDS; round++) {
    // M (w - s q), kept up to date as codes change.
    const gradient = timesVector(moments, inUnits()).map(
      (v, i) => (target[i] as number) - step * v,
    );
    for (const i of order) {
      const own = m[i * size + i] as number;
      if (own <= 0) continue;
      const before = codes[i] as number;
      const unit = stepOf(step, units, i);
      const wanted = before + (gradient[i] as number) / (unit * own);
      const code = clip(roundHalfEven(wanted), low, high);
      if (code === before) continue;
      codes[i] = code;
      const change = unit * (code - before);
      for (let j = 0; j < size; j++) {
        gradient[j] = (gradient[j] as number) - change * (m[i * size + j] as number);
      }
    }
    const v = inUnits();
    const better = dot(v, target) / dot(v, timesVector(moments, v));
    if (Number.isFinite(better) && better > least) step = better;
  }
  return { codes, scale: step };
}
