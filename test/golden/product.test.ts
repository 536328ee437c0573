import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { prepareProduct, productTransposed } from '../../src/golden/product.ts';
import { referenceProduct } from '../../src/golden/reference-product.ts';
import { loadKernel } from '../../src/golden/simd/kernel.ts';
import { isExact, packRight } from '../../src/golden/simd/pack.ts';

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

/** Random codes of a width, a quarter of them the smallest or the largest. */
function filled(length: number, bits: number, seed: number): Int32Array {
  const random = createRandom(seed);
  const high = 2 ** (bits - 1) - 1;
  return Int32Array.from({ length }, () => {
    const kind = random.nextInt(0, 7);
    return kind === 0 ? -high - 1 : kind === 1 ? high : random.nextInt(-high - 1, high);
  });
}

const multiply = loadKernel();

describe('productTransposed', () => {
  it('equals a BigInt triple loop for any shape and width whose sums fit 31 bits', () => {
    const size = fc.integer({ min: 1, max: 13 });
    const bits = fc.integer({ min: 2, max: 14 });
    fc.assert(
      fc.property(size, size, size, bits, bits, fc.nat(), (m, n, k, bitsA, bitsB, seed) => {
        const a = filled(m * k, bitsA, seed);
        const b = filled(n * k, bitsB, seed + 1);
        const expected = naive(a, b, m, n, k);
        expect(Array.from(productTransposed(a, b, m, n, k), BigInt)).toEqual(expected);
        expect(Array.from(referenceProduct(a, b, m, n, k), BigInt)).toEqual(expected);
      }),
      { seed: 20, numRuns: 150 },
    );
  });

  // The largest magnitudes on both sides of what 16-bit factors and 32-bit sums hold.
  it.each([
    [-128, -128, 2049],
    [-128, 127, 2064],
    [-32768, 127, 8],
    [-32768, -32768, 1],
    [-32768, 32767, 2],
    [-32768, -128, 511],
    [-32768, -128, 512],
    [65535, 127, 99],
    [65535, 32767, 1],
    [0, 0, 5],
  ])('is exact when all elements are %s and %s, %s products', (x, y, k) => {
    const a = Int32Array.from({ length: 3 * k }, (_, i) => (i < k ? x : i < 2 * k ? -x + 1 : 1));
    const b = new Int32Array(5 * k).fill(y);
    b.fill(-y + 1, 2 * k, 3 * k);
    const expected = naive(a, b, 3, 5, k);
    if (expected.some((sum) => BigInt.asIntN(32, sum) !== sum)) {
      expect(() => productTransposed(a, b, 3, 5, k)).toThrow(/32 bits/);
    } else {
      expect(Array.from(productTransposed(a, b, 3, 5, k), BigInt)).toEqual(expected);
    }
  });

  it('refuses a sum that 32 bits do not hold instead of wrapping', () => {
    const a = new Int32Array(2).fill(32767);
    expect(() => productTransposed(a, new Int32Array(2).fill(65535), 1, 1, 2)).toThrow(/32 bits/);
    const minima = new Int32Array(2).fill(-32768);
    expect(() => productTransposed(minima, minima, 1, 1, 2)).toThrow(/32 bits/);
    const huge = new Int32Array(2).fill(2 ** 31 - 1);
    expect(() => productTransposed(huge, huge, 1, 1, 2)).toThrow(/exact/);
  });

  it('gives empty and zero matrices for dimensions of 0', () => {
    const none = new Int32Array();
    expect(productTransposed(none, new Int32Array(6), 0, 2, 3)).toEqual(none);
    expect(productTransposed(new Int32Array(6), none, 2, 0, 3)).toEqual(none);
    expect(productTransposed(none, none, 2, 3, 0)).toEqual(new Int32Array(6));
  });

  it('takes B once and any number of rows of A after it', () => {
    const [n, k] = [11, 197];
    const b = filled(n * k, 8, 1);
    const product = prepareProduct(b, n, k);
    for (const m of [64, 1, 7, 8]) {
      const a = filled(m * k, 8, m);
      expect(product(a, m)).toEqual(referenceProduct(a, b, m, n, k));
    }
  });
});

describe.skipIf(multiply === null)('the vector kernel', () => {
  const run = (a: Int32Array, b: Int32Array, m: number, n: number, k: number) =>
    multiply?.(a, m, packRight(b, n, k));

  it('equals the reference, whatever earlier and larger products left in its memory', () => {
    const dimension = fc.integer({ min: 1, max: 40 });
    const bits = fc.integer({ min: 1, max: 16 });
    fc.assert(
      fc.property(dimension, dimension, fc.nat(70), bits, fc.nat(), (m, n, k0, bitsA, seed) => {
        const k = k0 + 1;
        // As wide as 31-bit sums allow.
        const bitsB = Math.min(16, 32 - bitsA - Math.ceil(Math.log2(k)));
        const a = filled(m * k, bitsA, seed);
        const b = filled(n * k, bitsB, seed + 1);
        expect(run(a, b, m, n, k)).toEqual(referenceProduct(a, b, m, n, k));
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  it('declines operands beyond 16 bits and sums beyond 32, and nothing below', () => {
    const of = (x: number, k: number) => new Int32Array(k).fill(x);
    expect(run(of(32768, 1), of(1, 1), 1, 1, 1)).toBeNull();
    expect(run(of(1, 1), of(-32769, 1), 1, 1, 1)).toBeNull();
    expect(run(of(-32768, 2), of(-32768, 2), 1, 1, 2)).toBeNull();
    expect(run(of(-32768, 1), of(-32768, 1), 1, 1, 1)).toEqual(Int32Array.of(2 ** 30));
    expect(run(of(32767, 2), of(-128, 2), 1, 1, 2)).toEqual(Int32Array.of(-128 * 65534));
    expect(isExact(2 ** 15, 2 ** 7, 511)).toBe(true);
    expect(isExact(2 ** 15, 2 ** 7, 512)).toBe(false);
  });

  it('is what its source gives', () => {
    const script = fileURLToPath(new URL('../../scripts/build-kernel.mjs', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, '--check']);
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
  });
});
