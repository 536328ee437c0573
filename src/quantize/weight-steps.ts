import type { WeightMethod } from '../dsl/quant-method.ts';
import { type NumberFormat, type Range, rangeOf } from '../ir/index.ts';
import type { FloatTensor } from '../model/index.ts';
import { affineFor } from './affine.ts';
import { ofValues } from './distribution.ts';
import type { LayerFacts } from './layer-facts.ts';
import { dot, type Matrix, timesVector } from './linear-algebra.ts';
import { observe } from './observers.ts';
import { roundNearest } from './rounding/round-row.ts';

/** The codes that weights take: without the smallest where their range is restricted. */
export function codeRange(format: NumberFormat, kind: 'restricted' | 'full'): Range {
  const { low, high } = rangeOf(format);
  return kind === 'full' ? { low, high } : { low: -high, high };
}

/** The step of every output channel `[out, in]`, as a whole where it has groups; 0 for rows of zeros. */
export function weightSteps(
  { observer, granularity, range }: WeightMethod,
  { shape, data }: FloatTensor,
  facts: LayerFacts,
  format: NumberFormat,
): number[] {
  const [out = 0, width = 0] = shape;
  const rows = granularity === 'tensor' ? out : granularity === 'head' ? perHead(out, facts) : 1;
  const moments = observer.kind === 'cosine' ? facts.moments() : null;
  const steps: number[] = [];
  for (let n = 0; n < out; n += rows) {
    const group = data.subarray(n * width, (n + rows) * width);
    const values = ofValues(group);
    const empty = values.min === 0 && values.max === 0;
    const step = empty
      ? 0
      : moments
        ? cosineStep(group, width, range, format, moments)
        : observe(observer, values, range, format).scale;
    for (let i = 0; i < rows; i++) steps.push(step);
  }
  return steps;
}

/** Rows that share a step: those of a head, or one row where there are no heads. */
function perHead(out: number, { heads }: LayerFacts): number {
  return heads > 1 ? out / heads : 1;
}

const SHARES = 100;

/**
 * EasyQuant's step: the largest cosine between the layer's outputs of the float and of the
 * quantized rows, `w.T M v / sqrt(w.T M w . v.T M v)` summed over the rows of the group.
 */
function cosineStep(
  group: Float32Array,
  width: number,
  range: WeightMethod['range'],
  format: NumberFormat,
  moments: Matrix,
): number {
  const { min, max } = ofValues(group);
  const codes = codeRange(format, range);
  const rows = Array.from({ length: group.length / width }, (_, n) =>
    group.subarray(n * width, (n + 1) * width),
  );
  const targets = rows.map((row) => timesVector(moments, row));
  const own = rows.reduce((sum, row, n) => sum + dot(row, targets[n]!), 0);
  let best = { step: affineFor({ low: min, high: max }, range, format).scale, cosine: -1 };
  for (let share = SHARES; share > SHARES / 4; share--) {
    const low = (min * share) / SHARES;
    const step = affineFor({ low, high: (max * share) / SHARES }, range, format).scale;
    let [product, other] = [0, 0];
    for (const [n, row] of rows.entries()) {
      const v = roundNearest(row, step, codes);
      product += dot(v, targets[n]!);
      other += dot(v, timesVector(moments, v));
    }
    const cosine = other > 0 && own > 0 ? product / Math.sqrt(other * own) : -1;
    if (cosine > best.cosine) best = { step, cosine };
  }
  return best.step;
}
