import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import type { ActivationRange } from '../../src/dsl/quant-method.ts';
import { uniform } from '../../src/ir/index.ts';
import { gaussClip, laplaceClip } from '../../src/quantize/aciq.ts';
import { affineFor, quantizeAffine } from '../../src/quantize/affine.ts';
import { cosineDistance, divergence, squaredError } from '../../src/quantize/distortion.ts';
import {
  addTo,
  createHistogram,
  type Distribution,
  moments,
  ofHistogram,
  ofValues,
} from '../../src/quantize/distribution.ts';
import { observe } from '../../src/quantize/observers.ts';

const random = createRandom(7);
/** A Gauss density with a few values far outside. */
const tailed = Float32Array.from({ length: 8000 }, (_, i) =>
  i % 1000 === 0 ? 12 * random.nextGaussian() : random.nextGaussian(),
);
const skewed = tailed.map((x) => (x < 0 ? x * 0.05 : x));
const RANGES: readonly ActivationRange[] = ['restricted', 'full', 'asymmetric'];
const errorOf = (data: Distribution, kind: ActivationRange, bits: number, name: 'mse' | 'omse') =>
  squaredError(data, observe({ kind: name }, data, kind, uniform(bits)), uniform(bits));

describe('affineFor', () => {
  it('gives the steps of the three ranges', () => {
    const int8 = uniform(8);
    expect(affineFor({ low: -2, high: 1 }, 'restricted', int8)).toEqual({
      scale: 2 / 127,
      zeroPoint: 0,
    });
    expect(affineFor({ low: -2, high: 1 }, 'full', int8)).toEqual({ scale: 4 / 255, zeroPoint: 0 });
    expect(affineFor({ low: -1, high: 4.1 }, 'asymmetric', int8)).toEqual({
      scale: 5.1 / 255,
      zeroPoint: -78,
    });
    expect(affineFor({ low: 0, high: 0.5 }, 'asymmetric', uniform(4, false))).toEqual({
      scale: 0.5 / 15,
      zeroPoint: 0,
    });
  });

  it('has a code for 0 even where 0 was not seen, and a step where nothing was', () => {
    const { scale, zeroPoint } = affineFor({ low: 3, high: 5 }, 'asymmetric', uniform(8));
    expect(zeroPoint).toBe(-128);
    expect(scale).toBeCloseTo(5 / 255);
    for (const kind of RANGES) {
      expect(affineFor({ low: 0, high: 0 }, kind, uniform(8)).scale).toBe(1);
    }
  });

  it('rounds half to even before the zero point is added', () => {
    const odd = { scale: 1, zeroPoint: 1 };
    expect([0.5, 1.5, 2.5].map((x) => quantizeAffine(x, odd, -8, 7))).toEqual([1, 3, 3]);
    expect(quantizeAffine(100, odd, -8, 7)).toBe(7);
  });
});

describe('histograms', () => {
  it('keep extremes and moments', () => {
    const exact = ofValues(tailed);
    const histogram = createHistogram(exact.min, exact.max);
    addTo(histogram, tailed);
    const found = ofHistogram(histogram);
    expect(histogram.counts.reduce((a, b) => a + b)).toBe(tailed.length);
    expect([found.min, found.max]).toEqual([exact.min, exact.max]);
    expect(moments(found).variance).toBeCloseTo(moments(exact).variance, 1);
    expect(moments(found).deviation).toBeCloseTo(moments(exact).deviation, 2);
  });

  it('hold a tensor of one value', () => {
    const histogram = createHistogram(3, 3);
    addTo(histogram, Float32Array.of(3, 3));
    expect(moments(ofHistogram(histogram))).toEqual({ mean: 3, deviation: 0, variance: 0 });
  });
});

describe('ACIQ', () => {
  // The multiples that the paper lists for 2, 3, 4 and 8 bits (section 3.1 and its code).
  it.each([
    [2, 2.83, 1.71],
    [3, 3.89, 2.15],
    [4, 5.03, 2.55],
    [8, 9.89, 3.92],
  ])('clips %i bits at %f b (Laplace) and %f sigma (Gauss)', (bits, laplace, gauss) => {
    expect(laplaceClip(bits)).toBeCloseTo(laplace, 1);
    expect(gaussClip(bits)).toBeCloseTo(gauss, 1);
  });
});

describe('observe', () => {
  const data = ofValues(tailed);
  const histogram = createHistogram(data.min, data.max);
  addTo(histogram, tailed);
  const binned = ofHistogram(histogram);

  it.each(RANGES)(
    'by line search is no worse than by shares, nor these than the extremes: %s',
    (kind) => {
      for (const values of [data, ofValues(skewed)]) {
        for (const bits of [3, 4, 8]) {
          const extremes = affineFor({ low: values.min, high: values.max }, kind, uniform(bits));
          const plain = squaredError(values, extremes, uniform(bits));
          const shares = errorOf(values, kind, bits, 'mse');
          expect(shares).toBeLessThanOrEqual(plain);
          expect(errorOf(values, kind, bits, 'omse')).toBeLessThanOrEqual(shares);
        }
      }
    },
  );

  it('cuts tails at low bits and keeps them at high ones', () => {
    const peakOf = (bits: number, kind: 'mse' | 'cosine' | 'kl' | 'aciq') =>
      observe({ kind }, binned, 'restricted', uniform(bits)).scale * (2 ** (bits - 1) - 1);
    const peak = Math.max(-data.min, data.max);
    for (const kind of ['mse', 'cosine', 'kl', 'aciq'] as const) {
      expect(peakOf(4, kind), kind).toBeLessThan(0.6 * peak);
    }
    expect(peakOf(4, 'mse')).toBeLessThan(peakOf(8, 'mse'));
  });

  it('takes the range that holds a share of the values', () => {
    const ramp = ofValues(Float32Array.from({ length: 1001 }, (_, i) => i - 300));
    const at = (kind: ActivationRange) =>
      observe({ kind: 'percentile', percent: 90 }, ramp, kind, uniform(8));
    const { scale, zeroPoint } = at('asymmetric');
    expect(scale * (-128 - zeroPoint)).toBeCloseTo(-250, -1);
    expect(scale * (127 - zeroPoint)).toBeCloseTo(650, -1);
    expect(at('restricted').scale * 127).toBeCloseTo(600, -1);
    expect(
      observe({ kind: 'percentile', percent: 100 }, ramp, 'restricted', uniform(8)).scale,
    ).toBe(700 / 127);
  });

  it('measures nothing where nothing is lost', () => {
    const codes = ofValues(Float32Array.from({ length: 256 }, (_, i) => i - 128));
    const exact = { scale: 1, zeroPoint: 0 };
    expect(squaredError(codes, exact, uniform(8))).toBe(0);
    expect(cosineDistance(codes, exact, uniform(8))).toBeCloseTo(0, 12);
    expect(divergence(codes, exact, uniform(8))).toBeCloseTo(0, 12);
    expect(divergence(codes, { scale: 4, zeroPoint: 0 }, uniform(4))).toBeGreaterThan(0.1);
  });
});
