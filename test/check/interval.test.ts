import { describe, expect, it } from 'vitest';
import {
  interval,
  magnitude,
  minus,
  plus,
  rounded,
  signedBitsOf,
  span,
  squared,
  sumOf,
  times,
  withRounding,
} from '../../src/check/interval.ts';

/** All integers of an interval. */
function all(low: number, high: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}

describe('interval arithmetic', () => {
  it('is the smallest interval around all results, for every pair of small intervals', () => {
    let compared = 0;
    for (let a = -3; a <= 3; a++) {
      for (let b = a; b <= 3; b++) {
        const left = interval(a, b);
        expect(squared(left)).toEqual(span(all(a, b).map((x) => x * x)));
        expect(rounded(left, 0)).toEqual(left);
        expect(rounded(left, 1)).toEqual(span(all(a, b).map((x) => (x + 1) >> 1)));
        expect(withRounding(left, 2)).toEqual(interval(a, b + 2));
        expect(magnitude(left)).toBe(BigInt(Math.max(Math.abs(a), Math.abs(b))));
        // Prefixes count: an accumulator begins at 0.
        expect(sumOf(left, 5)).toEqual(span([0, 5 * a, 5 * b]));
        for (let c = -3; c <= 3; c++) {
          for (let d = c; d <= 3; d++) {
            const right = interval(c, d);
            const pairs = all(a, b).flatMap((x) => all(c, d).map((y) => [x, y] as const));
            expect(times(left, right)).toEqual(span(pairs.map(([x, y]) => x * y)));
            expect(plus(left, right)).toEqual(span(pairs.map(([x, y]) => x + y)));
            expect(minus(left, right)).toEqual(span(pairs.map(([x, y]) => x - y)));
            compared++;
          }
        }
      }
    }
    expect(compared).toBe(28 * 28);
  });

  it('gives the fewest two-complement bits', () => {
    for (let low = -20; low <= 20; low++) {
      for (let high = low; high <= 20; high++) {
        let bits = 1;
        while (low < -(2 ** (bits - 1)) || high >= 2 ** (bits - 1)) bits++;
        expect(signedBitsOf(interval(low, high))).toBe(bits);
      }
    }
  });
});
