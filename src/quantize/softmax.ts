import { type ReciprocalTable, rangeOf, type SoftmaxNode, type TensorType } from '../ir/index.ts';
import { activationFormat, type Context, observed, roundingConstant } from './context.ts';
import { MAX_MULTIPLIER } from './dyadic.ts';

/** Scores come in steps of 1/32: the exponential falls by 3 % from one entry to the next. */
export const SCORE_STEP = 1 / 32;

const EXP_ENTRIES = 256;
/** Entries that a table may have. */
const MAX_EXP_ENTRIES = 1024;
/** Largest exponential, 12 bits. A row's sum is at least this, since its maximum has entry 0. */
const EXP_ONE = 4095;
const RECIPROCAL_ENTRIES = 512;

/** @param output format and step of the probabilities, when they are given */
export function softmaxNode(
  context: Context,
  name: string,
  input: TensorType,
  output?: Pick<TensorType, 'format' | 'scale'>,
): SoftmaxNode {
  const format = output?.format ?? activationFormat(context, name, false);
  const scale = output?.scale ?? probabilityScale(context, name);
  const keys = input.shape[2] as number;
  const [one, two] = reciprocals(keys * EXP_ONE, 1 / scale);
  return {
    kind: 'softmax',
    output: { name, shape: input.shape, format, scale },
    input: input.name,
    expBias: 0,
    expShift: 0,
    expTable: expTable(input),
    one,
    two,
  };
}

/** The largest code stands for 1 unless the observer cuts: the extremes of a probability are known. */
function probabilityScale(context: Context, name: string): number {
  const format = activationFormat(context, name, false);
  const { kind } = context.method.observer;
  if (kind === 'minmax' || kind === 'movingAverage') return 1 / rangeOf(format).high;
  return observed(context, name, 'restricted', format).scale;
}

/**
 * `round(4095 e^(-i * step))`; the last entry stands for everything further away, and is 0. Scores of
 * few bits have an entry for every difference.
 */
function expTable({ format, scale }: TensorType): Int32Array {
  const { low, high } = rangeOf(format);
  const all = high - low + 1;
  const length = all <= MAX_EXP_ENTRIES ? all : EXP_ENTRIES;
  return Int32Array.from({ length }, (_, i) =>
    i === length - 1 && length < all ? 0 : Math.round(EXP_ONE * Math.exp(-i * scale)),
  );
}

/**
 * Two tables of `top * 2^shift / sum` for sums from `EXP_ONE` to `largest`: one finer, for peaked
 * rows, and one coarser for the rest. A bucket of `b` at the sum `s` errs by at most
 * `top * EXP_ONE / s * b / 2s` output steps, largest where a table begins; the finer bucket is the
 * one for which the worse of the two is smallest.
 */
function reciprocals(largest: number, top: number): [ReciprocalTable, ReciprocalTable] {
  let best = { fine: 0, coarse: 0, border: EXP_ONE, error: Number.POSITIVE_INFINITY };
  for (let fine = 0; fine <= 12; fine++) {
    const border = EXP_ONE + RECIPROCAL_ENTRIES * 2 ** fine;
    let coarse = fine;
    while (border + RECIPROCAL_ENTRIES * 2 ** coarse <= largest) coarse++;
    const used = largest >= border;
    const error = Math.max(2 ** fine / EXP_ONE, used ? (EXP_ONE * 2 ** coarse) / border ** 2 : 0);
    if (error < best.error) best = { fine, coarse, border, error };
  }
  return [reciprocalTable(EXP_ONE, best.fine, top), reciprocalTable(best.border, best.coarse, top)];
}

/** `top * 2^shift / sum` at the middle of each bucket, with as many fraction bits as 16 bits hold. */
function reciprocalTable(start: number, indexShift: number, top: number): ReciprocalTable {
  const values = Array.from(
    { length: RECIPROCAL_ENTRIES },
    (_, i) => top / (start + i * 2 ** indexShift + (2 ** indexShift - 1) / 2),
  );
  let shift = 0;
  while (Math.round((values[0] as number) * 2 ** (shift + 1)) <= MAX_MULTIPLIER) shift++;
  return {
    indexBias: -start,
    indexShift,
    table: Int32Array.from(values, (value) => Math.round(value * 2 ** shift)),
    bias: roundingConstant(shift),
    shift,
  };
}
