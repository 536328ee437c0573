import { referenceProduct } from './reference-product.ts';
import { loadKernel } from './simd/kernel.ts';
import { packRight } from './simd/pack.ts';

/** A `[m,k]`, row-major, times a B made ready: `[m,n]`. */
export type Product = (a: Int32Array, m: number) => Int32Array;

const kernel = loadKernel();

/**
 * The matrix product of all five matrix operators, `c[i,j] = sum_t a[i,t] * b[j,t]`: A `[m,k]`
 * times B `[n,k]` transposed gives `[m,n]`, all row-major. B is made ready once for many A.
 *
 * Runs on the vector kernel when 16-bit factors and 32-bit sums hold the operands, which is nearly
 * always, and on the reference otherwise; the numbers are the same.
 *
 * The product throws an Error when a sum leaves 32 bits, which the check stage excludes.
 */
export function prepareProduct(b: Int32Array, n: number, k: number): Product {
  const packed = packRight(b, n, k);
  return (a, m) => kernel?.(a, m, packed) ?? referenceProduct(a, b, m, n, k);
}

/** One product; `prepareProduct` serves many with the same B. */
export function productTransposed(
  a: Int32Array,
  b: Int32Array,
  m: number,
  n: number,
  k: number,
): Int32Array {
  return prepareProduct(b, n, k)(a, m);
}
