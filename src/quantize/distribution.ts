/** Values with how often each was seen: a histogram by the middles of its bins, or the values themselves. */
export interface Distribution {
  readonly values: ArrayLike<number>;
  /** Each value once when absent. */
  readonly counts?: ArrayLike<number> | undefined;
  readonly min: number;
  readonly max: number;
}

/** Bins of a calibration histogram. */
export const BINS = 4096;

/** A histogram of equal bins over `min .. max` that is filled as images pass. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly counts: Float64Array;
}

export function createHistogram(min: number, max: number): Histogram {
  return { min, max, counts: new Float64Array(BINS) };
}

export function addTo({ min, max, counts }: Histogram, data: Float32Array): void {
  const perUnit = max > min ? BINS / (max - min) : 0;
  for (let i = 0; i < data.length; i++) {
    const bin = Math.floor(((data[i] as number) - min) * perUnit);
    const at = Math.min(Math.max(bin, 0), BINS - 1);
    counts[at] = (counts[at] as number) + 1;
  }
}

export function ofHistogram({ min, max, counts }: Histogram): Distribution {
  const width = (max - min) / BINS;
  const values = Float64Array.from(counts, (_, i) => min + (i + 0.5) * width);
  return { values, counts, min, max };
}

/** The values of a row of weights, each once. */
export function ofValues(values: Float32Array): Distribution {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return values.length > 0 ? { values, min, max } : { values, min: 0, max: 0 };
}

/** Mean, mean deviation from it, and variance. */
export function moments({ values, counts }: Distribution) {
  let [n, sum] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const c = counts ? (counts[i] as number) : 1;
    n += c;
    sum += c * (values[i] as number);
  }
  const mean = n > 0 ? sum / n : 0;
  let [deviation, variance] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const c = counts ? (counts[i] as number) : 1;
    const d = (values[i] as number) - mean;
    deviation += c * Math.abs(d);
    variance += c * d * d;
  }
  return n > 0
    ? { mean, deviation: deviation / n, variance: variance / n }
    : { mean: 0, deviation: 0, variance: 0 };
}
