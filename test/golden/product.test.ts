import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { productTransposed } from '../../src/golden/index.ts';

function naive(a: Int32Array, b: Int32Array, m: number, n: number, k: number): bigint[] {
  return Array.from({ length: m * n }, (_, at) => {
    let sum = 0n;
    for (let t = 0; t < k; t++) {
      const x = a[Math.floor(at / n) * k + t] as number;
      sum += BigInt(x) * BigInt(b[(at % n) * k + t] as number);
    }
    return sum;
  });
}

function filled(length: number, bits: number, seed: number): Int32Array {
  const random = createRandom(seed);
  const high = 2 ** (bits - 1) - 1;
  return Int32Array.from({ length }, () => random.nextInt(-high - 1, high));
}

describe('productTransposed', () => {
  it('equals a BigInt triple loop for any shape and width whose sums fit 31 bits', () => {
    const size = fc.integer({ min: 1, max: 13 });
    const bits = fc.integer({ min: 2, max: 14 });
    fc.assert(
      fc.property(size, size, size, bits, bits, fc.nat(), (m, n, k, bitsA, bitsB, seed) => {
        const a = filled(m * k, bitsA, seed);
        const b = filled(n * k, bitsB, seed + 1);
        const actual = Array.from(productTransposed(a, b, m, n, k), BigInt);
        expect(actual).toEqual(naive(a, b, m, n, k));
      }),
      { seed: 20, numRuns: 150 },
    );
  });

  // The largest magnitudes on both sides of the width at which two sums share a double.
  it.each([
    [-128, -128, 2047],
    [-128, -128, 2048],
    [-128, 127, 2064],
    [-128, -128, 2049],
    [-32768, 127, 8],
    [-32768, -128, 511],
    [0, 0, 5],
  ])('is exact when all elements are %s and %s, %s products', (x, y, k) => {
    const signs = Int32Array.from({ length: 3 * k }, (_, i) => (i < k ? x : i < 2 * k ? -x : x));
    const a = signs.map((v) => Math.max(-32768, Math.min(32767, v)));
    const b = new Int32Array(5 * k).fill(y);
    const actual = Array.from(productTransposed(a, b, 3, 5, k), BigInt);
    expect(actual).toEqual(naive(a, b, 3, 5, k));
  });

  it('refuses a sum that 32 bits do not hold instead of wrapping', () => {
    const a = new Int32Array(2).fill(32767);
    expect(() => productTransposed(a, new Int32Array(2).fill(65535), 1, 1, 2)).toThrow(/32 bits/);
    const huge = new Int32Array(2).fill(2 ** 31 - 1);
    expect(() => productTransposed(huge, huge, 1, 1, 2)).toThrow(/exact/);
  });
});
