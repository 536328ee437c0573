/**
 * `c[i,j] = sum_k a[i,k] * b[j,k]`, shapes `[m,k]` and `[n,k]` to `[m,n]`, all row-major. Blocks of
 * four by four keep sixteen sums in registers, so that each element loaded is used four times.
 */
export function matmulTransposed(
  a: Float32Array,
  b: Float32Array,
  m: number,
  n: number,
  k: number,
): Float32Array {
  const c = new Float32Array(m * n);
  const m4 = m - (m % 4);
  const n4 = n - (n % 4);
  for (let i = 0; i < m4; i += 4) {
    for (let j = 0; j < n4; j += 4) block(a, b, c, i, j, n, k);
  }
  for (let i = 0; i < m; i++) {
    for (let j = i < m4 ? n4 : 0; j < n; j++) c[i * n + j] = dot(a, b, i * k, j * k, k);
  }
  return c;
}

function dot(a: Float32Array, b: Float32Array, aAt: number, bAt: number, k: number): number {
  let sum = 0;
  for (let p = 0; p < k; p++) sum += (a[aAt + p] as number) * (b[bAt + p] as number);
  return sum;
}

function block(
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  i: number,
  j: number,
  n: number,
  k: number,
): void {
  const [a0, a1, a2, a3] = [i * k, (i + 1) * k, (i + 2) * k, (i + 3) * k];
  const [b0, b1, b2, b3] = [j * k, (j + 1) * k, (j + 2) * k, (j + 3) * k];
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  let [s20, s21, s22, s23] = [0, 0, 0, 0];
  let [s30, s31, s32, s33] = [0, 0, 0, 0];
  for (let p = 0; p < k; p++) {
    const x0 = a[a0 + p] as number;
    const x1 = a[a1 + p] as number;
    const x2 = a[a2 + p] as number;
    const x3 = a[a3 + p] as number;
    const y0 = b[b0 + p] as number;
    const y1 = b[b1 + p] as number;
    const y2 = b[b2 + p] as number;
    const y3 = b[b3 + p] as number;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  // Written out: `set` would allocate four arrays per block.
  c[i * n + j] = s00;
  c[i * n + j + 1] = s01;
  c[i * n + j + 2] = s02;
  c[i * n + j + 3] = s03;
  c[(i + 1) * n + j] = s10;
  c[(i + 1) * n + j + 1] = s11;
  c[(i + 1) * n + j + 2] = s12;
  c[(i + 1) * n + j + 3] = s13;
  c[(i + 2) * n + j] = s20;
  c[(i + 2) * n + j + 1] = s21;
  c[(i + 2) * n + j + 2] = s22;
  c[(i + 2) * n + j + 3] = s23;
  c[(i + 3) * n + j] = s30;
  c[(i + 3) * n + j + 1] = s31;
  c[(i + 3) * n + j + 2] = s32;
  c[(i + 3) * n + j + 3] = s33;
}
