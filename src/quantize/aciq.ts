import type { ValueRange } from './affine.ts';
import { type Distribution, moments } from './distribution.ts';
import { erf } from './gelu.ts';

/**
 * Half the width of the best range for a Laplace density of scale 1 at `bits` bits: the root of the
 * derivative of `2 e^(-a) + a^2 / (3 4^bits)`, which is `W(3 4^bits)` (arXiv 1810.05723, equation 6).
 */
export function laplaceClip(bits: number): number {
  const target = Math.log(3 * 4 ** bits);
  return root((a) => a + Math.log(a) - target, 1e-6, target);
}

/**
 * The same for a Gauss density of variance 1: the root of
 * `a erfc(a / sqrt 2) - sqrt(2 / pi) e^(-a^2 / 2) + a / (3 4^bits)`, half the derivative of the error.
 */
export function gaussClip(bits: number): number {
  const derivative = (a: number) =>
    a * (1 - erf(a * Math.SQRT1_2)) -
    Math.sqrt(2 / Math.PI) * Math.exp((-a * a) / 2) +
    a / (3 * 4 ** bits);
  return root(derivative, 0, 8);
}

/** The ranges that the two densities give around the mean, within the extremes. */
export function aciqRanges(distribution: Distribution, bits: number): readonly ValueRange[] {
  const { mean, deviation, variance } = moments(distribution);
  return [laplaceClip(bits) * deviation, gaussClip(bits) * Math.sqrt(variance)].map((alpha) => ({
    low: Math.max(distribution.min, mean - alpha),
    high: Math.min(distribution.max, mean + alpha),
  }));
}

/** Bisection of a function that is below 0 at `low` and above at `high`. */
function root(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let i = 0; i < 60; i++) {
    const middle = (a + b) / 2;
    if (f(middle) < 0) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
