import { clip, type Random, roundHalfEven } from '../../arithmetic/index.ts';
import type { Range } from '../../ir/index.ts';
import { dot, type Matrix, timesVector } from '../linear-algebra.ts';

/** Codes of a row of weights. */
export interface RoundedRow {
  readonly codes: Int32Array;
  /** The step given, or the one that suits the codes better. */
  readonly scale: number;
}

export function roundNearest(row: ArrayLike<number>, scale: number, { low, high }: Range) {
  return Int32Array.from(row, (w) => clip(roundHalfEven(w / scale), low, high));
}

/** Up with the probability of the fraction (Gupta et al., arXiv 1502.02551, section 3.1). */
export function roundStochastic(
  row: ArrayLike<number>,
  scale: number,
  { low, high }: Range,
  random: Random,
): Int32Array {
  return Int32Array.from(row, (w) => {
    const floor = Math.floor(w / scale);
    const up = random.nextFloat() < w / scale - floor;
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
): Int32Array {
  const w = Float64Array.from(row);
  const codes = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const code = clip(roundHalfEven((w[i] as number) / scale), low, high);
    codes[i] = code;
    const error = ((w[i] as number) - code * scale) / (u[i * size + i] as number);
    for (let j = i + 1; j < size; j++) {
      w[j] = (w[j] as number) - error * (u[i * size + j] as number);
    }
  }
  return codes;
}

const COMQ_ROUNDS = 3;

/**
 * COMQ (Zhang et al., arXiv 2403.07134): coordinate descent on the codes, then the step, by rounds.
 * The squared error `(w - s q).T M (w - s q)` never grows. A step below `least` is not taken.
 */
export function roundComq(
  row: ArrayLike<number>,
  scale: number,
  range: Range,
  moments: Matrix,
  least = 0,
): RoundedRow {
  const { low, high } = range;
  const { size, data: m } = moments;
  const codes = roundNearest(row, scale, range);
  const target = timesVector(moments, row);
  const strength = Array.from(
    { length: size },
    (_, i) => Math.abs(row[i] as number) * Math.sqrt(m[i * size + i] as number),
  );
  const order = strength.map((_, i) => i).sort((a, b) => strength[b]! - strength[a]! || a - b);
  let step = scale;
  for (let round = 0; round < COMQ_ROUNDS; round++) {
    // M (w - s q), kept up to date as codes change.
    const gradient = timesVector(moments, codes).map((v, i) => (target[i] as number) - step * v);
    for (const i of order) {
      const own = m[i * size + i] as number;
      if (own <= 0) continue;
      const before = codes[i] as number;
      const wanted = before + (gradient[i] as number) / (step * own);
      const code = clip(roundHalfEven(wanted), low, high);
      if (code === before) continue;
      codes[i] = code;
      const change = step * (code - before);
      for (let j = 0; j < size; j++) {
        gradient[j] = (gradient[j] as number) - change * (m[i * size + j] as number);
      }
    }
    const better = dot(codes, target) / dot(codes, timesVector(moments, codes));
    if (Number.isFinite(better) && better > least) step = better;
  }
  return { codes, scale: step };
}
