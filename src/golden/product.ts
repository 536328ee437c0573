/**
 * The matrix product of all five matrix operators.
 *
 * Sums run in doubles, not in 32-bit integers: V8 multiplies two doubles per cycle but only one
 * int32, and a double has room for two sums. Where every sum of the product is below 2^25 in
 * magnitude, two rows of A share one double,
 *
 *     (a1 * 2^26 + a0) * b = (a1 * b) * 2^26 + a0 * b,
 *
 * and are taken apart at the end. Every partial sum is an integer below 2^52, so it is exact.
 * Wider products run one row per double, exact as long as sums fit the int32 of the result.
 */
const HIGH_ROW = 2 ** 26;
const SHARED_SUM_LIMIT = 2 ** 25;
const SUM_LIMIT = 2 ** 31;

/** Doubles of A, and rows of B, that one block of sums holds: 8 sums, 6 operands, 16 registers. */
const BLOCK_ROWS = 2;
const BLOCK_COLUMNS = 4;

/**
 * `c[i,j] = sum_t a[i,t] * b[j,t]`: A `[m,k]` times B `[n,k]` transposed gives `[m,n]`, all
 * row-major. Exact while `k * max|a| * max|b| < 2^53`.
 *
 * Throws an Error when a sum leaves 32 bits, which the check stage excludes.
 */
export function productTransposed(
  a: Int32Array,
  b: Int32Array,
  m: number,
  n: number,
  k: number,
): Int32Array {
  const bound = k * largestMagnitude(a, m * k) * largestMagnitude(b, n * k);
  if (bound >= 2 ** 53) throw new Error(`sums up to ${bound} are not exact in a double`);
  const share = bound < SHARED_SUM_LIMIT;
  const rows = share ? Math.ceil(m / 2) : m;
  const paddedRows = roundUp(rows, BLOCK_ROWS);
  const paddedColumns = roundUp(n, BLOCK_COLUMNS);
  const left = share ? packRowPairs(a, m, k, paddedRows) : pack(a, m, k, paddedRows, BLOCK_ROWS);
  const right = pack(b, n, k, paddedColumns, BLOCK_COLUMNS);
  const sums = blockSums(left, right, paddedRows, paddedColumns, k);
  return share
    ? splitRowPairs(sums, m, n, paddedColumns)
    : copyRows(sums, m, n, paddedColumns, bound >= SUM_LIMIT);
}

function roundUp(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}

function largestMagnitude(values: Int32Array, count: number): number {
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    const magnitude = value < 0 ? -value : value;
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/**
 * Rows in panels of `block`: element t of the panel's rows lie side by side, in the order in which
 * the sums read them. Rows beyond `rows` are zero.
 */
function pack(
  source: Int32Array,
  rows: number,
  k: number,
  paddedRows: number,
  block: number,
): Float64Array {
  const panels = new Float64Array(paddedRows * k);
  for (let i = 0; i < rows; i++) {
    let at = (i - (i % block)) * k + (i % block);
    for (let t = 0; t < k; t++, at += block) panels[at] = source[i * k + t]!;
  }
  return panels;
}

/** As `pack`, with rows 2i and 2i+1 of the source in one row of the panels. */
function packRowPairs(source: Int32Array, m: number, k: number, paddedRows: number): Float64Array {
  const panels = new Float64Array(paddedRows * k);
  for (let i = 0; i < m; i++) {
    const pair = i >> 1;
    let at = (pair - (pair % BLOCK_ROWS)) * k + (pair % BLOCK_ROWS);
    const weight = i % 2 === 0 ? 1 : HIGH_ROW;
    for (let t = 0; t < k; t++, at += BLOCK_ROWS) {
      panels[at] = panels[at]! + weight * source[i * k + t]!;
    }
  }
  return panels;
}

/** All sums `[rows, columns]` of two packed operands. */
function blockSums(
  left: Float64Array,
  right: Float64Array,
  rows: number,
  columns: number,
  k: number,
): Float64Array {
  const sums = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i += BLOCK_ROWS) {
    for (let j = 0; j < columns; j += BLOCK_COLUMNS) {
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      let p = i * k;
      let q = j * k;
      const end = p + k * BLOCK_ROWS;
      while (p < end) {
        const x0 = left[p]!;
        const x1 = left[p + 1]!;
        const y0 = right[q]!;
        const y1 = right[q + 1]!;
        const y2 = right[q + 2]!;
        const y3 = right[q + 3]!;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
        p += BLOCK_ROWS;
        q += BLOCK_COLUMNS;
      }
      const at = i * columns + j;
      sums[at] = s00;
      sums[at + 1] = s01;
      sums[at + 2] = s02;
      sums[at + 3] = s03;
      sums[at + columns] = s10;
      sums[at + columns + 1] = s11;
      sums[at + columns + 2] = s12;
      sums[at + columns + 3] = s13;
    }
  }
  return sums;
}

/** Takes two rows out of each double: the upper one is the nearest multiple of 2^26. */
function splitRowPairs(sums: Float64Array, m: number, n: number, columns: number): Int32Array {
  const result = new Int32Array(m * n);
  for (let i = 0; i < m; i += 2) {
    const from = (i >> 1) * columns;
    const pair = i + 1 < m;
    for (let j = 0; j < n; j++) {
      const sum = sums[from + j]!;
      const high = Math.floor(sum * (1 / HIGH_ROW) + 0.5);
      result[i * n + j] = sum - high * HIGH_ROW;
      if (pair) result[(i + 1) * n + j] = high;
    }
  }
  return result;
}

function copyRows(
  sums: Float64Array,
  m: number,
  n: number,
  columns: number,
  mayOverflow: boolean,
): Int32Array {
  const result = new Int32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const sum = sums[i * columns + j]!;
      result[i * n + j] = sum;
      if (mayOverflow && result[i * n + j] !== sum) {
        throw new Error(`the sum ${sum} does not fit 32 bits`);
      }
    }
  }
  return result;
}
