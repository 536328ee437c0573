/**
 * `c[i,j] = sum_t a[i,t] * b[j,t]` in plain doubles, which hold every partial sum as an exact
 * integer while `k * max|a| * max|b| < 2^53`. It is what the vector kernel is tested against, and
 * what computes the products that the kernel cannot hold.
 *
 * A is `[m,k]`, B `[n,k]`, the result `[m,n]`, all row-major. Throws an Error when the sums might
 * not be exact, and when one leaves 32 bits, which the check stage excludes.
 */
export function referenceProduct(
  a: Int32Array,
  b: Int32Array,
  m: number,
  n: number,
  k: number,
): Int32Array {
  const bound = k * largestMagnitude(a) * largestMagnitude(b);
  if (bound >= 2 ** 53) throw new Error(`sums up to ${bound} are not exact in a double`);
  const left = new Float64Array(a);
  const right = new Float64Array(b);
  const result = new Int32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let t = 0; t < k; t++) sum += left[i * k + t]! * right[j * k + t]!;
      result[i * n + j] = sum;
      if (result[i * n + j] !== sum) throw new Error(`the sum ${sum} does not fit 32 bits`);
    }
  }
  return result;
}

function largestMagnitude(values: Int32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
