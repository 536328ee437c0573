import type { ActivationObserver, ActivationRange } from '../dsl/quant-method.ts';
import type { NumberFormat } from '../ir/index.ts';
import { aciqRanges } from './aciq.ts';
import { type Affine, affineFor, type ValueRange } from './affine.ts';
import { cosineDistance, type Distortion, divergence, squaredError } from './distortion.ts';
import type { Distribution } from './distribution.ts';

/** Shares of the extremes that the searches try. */
const SHARES = 100;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Leaves 0.618^24, a hundred-thousandth, of the interval. */
const GOLDEN_STEPS = 24;

/** Step and zero point that an observer chooses; docs/quantization.md, "Observers". */
export function observe(
  observer: Exclude<ActivationObserver, { kind: 'movingAverage' }>,
  distribution: Distribution,
  kind: ActivationRange,
  format: NumberFormat,
): Affine {
  const { min, max } = distribution;
  const affineOf = (range: ValueRange) => affineFor(range, kind, format);
  const distortionOf = (by: Distortion) => (range: ValueRange) =>
    by(distribution, affineOf(range), format);
  const full = { low: min, high: max };
  switch (observer.kind) {
    case 'minmax':
      return affineOf(full);
    case 'percentile':
      return affineOf(percentileRange(distribution, observer.percent / 100, kind));
    case 'kl':
      return affineOf(bestShare(full, distortionOf(divergence)));
    case 'mse':
      return affineOf(bestShare(full, distortionOf(squaredError)));
    case 'cosine':
      return affineOf(bestShare(full, distortionOf(cosineDistance)));
    case 'omse':
      return affineOf(lineSearch(full, kind, distortionOf(squaredError)));
    case 'aciq': {
      const ranges = aciqRanges(distribution, format.bits);
      return affineOf(smallest(ranges, distortionOf(squaredError)));
    }
  }
}

/** The range that holds a share of the values; tails of equal share where the range is asymmetric. */
function percentileRange(
  { values, counts, min, max }: Distribution,
  share: number,
  kind: ActivationRange,
): ValueRange {
  const order = Array.from({ length: values.length }, (_, i) => i);
  const key = (i: number) =>
    kind === 'asymmetric' ? (values[i] as number) : Math.abs(values[i] as number);
  order.sort((a, b) => key(a) - key(b));
  const countOf = (i: number) => (counts ? (counts[i] as number) : 1);
  const total = order.reduce((sum, i) => sum + countOf(i), 0);
  const quantile = (part: number) => {
    let sum = 0;
    for (const i of order) {
      sum += countOf(i);
      if (sum >= part * total) return key(i);
    }
    return key(order.at(-1) ?? 0);
  };
  if (share >= 1 || total === 0) return { low: min, high: max };
  if (kind !== 'asymmetric') {
    const peak = quantile(share);
    return { low: Math.max(min, -peak), high: Math.min(max, peak) };
  }
  const tail = (1 - share) / 2;
  return { low: quantile(tail), high: quantile(1 - tail) };
}

type Cost = (range: ValueRange) => number;

function scaled({ low, high }: ValueRange, share: number): ValueRange {
  return { low: low * share, high: high * share };
}

function smallest(ranges: readonly ValueRange[], cost: Cost): ValueRange {
  let best = ranges[0] as ValueRange;
  let least = cost(best);
  for (const range of ranges.slice(1)) {
    const found = cost(range);
    if (found < least) [best, least] = [range, found];
  }
  return best;
}

/** Of equal ones the widest, so that a tensor without error keeps its extremes. */
function bestShare(full: ValueRange, cost: Cost): ValueRange {
  const ranges = Array.from({ length: SHARES }, (_, i) => scaled(full, (SHARES - i) / SHARES));
  return smallest(ranges, cost);
}

/** Golden section around the best share; then each end by itself where they may differ. */
function lineSearch(full: ValueRange, kind: ActivationRange, cost: Cost): ValueRange {
  const coarse = bestShare(full, cost);
  const peak = Math.max(Math.abs(full.low), Math.abs(full.high));
  if (peak === 0) return full;
  const share = Math.max(Math.abs(coarse.low), Math.abs(coarse.high)) / peak;
  const step = 1 / SHARES;
  const both = golden(
    Math.max(share - step, step / 10),
    Math.min(share + step, 1),
    (s) => scaled(full, s),
    cost,
  );
  let best = smallest([coarse, both], cost);
  if (kind !== 'asymmetric') return best;
  for (let round = 0; round < 2; round++) {
    const { low, high } = best;
    const lower = golden(full.low, low / 2, (x) => ({ low: x, high }), cost);
    best = smallest([best, lower], cost);
    const from = best.low;
    const upper = golden(high / 2, full.high, (x) => ({ low: from, high: x }), cost);
    best = smallest([best, upper], cost);
  }
  return best;
}

function golden(low: number, high: number, make: (x: number) => ValueRange, cost: Cost) {
  let [a, b] = [low, high];
  for (let i = 0; i < GOLDEN_STEPS; i++) {
    const [left, right] = [b - GOLDEN * (b - a), a + GOLDEN * (b - a)];
    if (cost(make(left)) <= cost(make(right))) b = right;
    else a = left;
  }
  return make((a + b) / 2);
}
