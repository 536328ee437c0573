import type { Rows } from './observations.ts';

/** A square matrix, row-major. */
export interface Matrix {
  readonly size: number;
  readonly data: Float64Array;
}

/** `sum_r x[r,i] x[r,j] / count` */
export function secondMoments({ data, width, count }: Rows): Matrix {
  const m = new Float64Array(width * width);
  for (let r = 0; r < count; r++) {
    const at = r * width;
    for (let i = 0; i < width; i++) {
      const x = data[at + i] as number;
      if (x === 0) continue;
      for (let j = i; j < width; j++) {
        m[i * width + j] = (m[i * width + j] as number) + x * (data[at + j] as number);
      }
    }
  }
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) {
      const mean = (m[i * width + j] as number) / Math.max(count, 1);
      m[i * width + j] = mean;
      m[j * width + i] = mean;
    }
  }
  return { size: width, data: m };
}

/** Mean of each column. */
export function columnMeans({ data, width, count }: Rows): Float64Array {
  const means = new Float64Array(width);
  for (let i = 0; i < data.length; i++) {
    means[i % width] = (means[i % width] as number) + (data[i] as number) / count;
  }
  return means;
}

/** `M v` */
export function timesVector({ size, data }: Matrix, v: ArrayLike<number>): Float64Array {
  const y = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (data[i * size + j] as number) * (v[j] as number);
    y[i] = sum;
  }
  return y;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Lower `L` with `L L.T = M`. Throws when the matrix is not positive definite. */
export function cholesky({ size, data }: Matrix): Matrix {
  const l = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = data[i * size + j] as number;
      for (let k = 0; k < j; k++) {
        sum -= (l[i * size + k] as number) * (l[j * size + k] as number);
      }
      if (i !== j) l[i * size + j] = sum / (l[j * size + j] as number);
      else if (sum > 0) l[i * size + i] = Math.sqrt(sum);
      else throw new Error('the matrix is not positive definite');
    }
  }
  return { size, data: l };
}

/** The inverse of a positive definite matrix. */
export function inverse(m: Matrix): Matrix {
  const { size, data: l } = cholesky(m);
  // Columns of L^-1 by forward substitution; then L^-T L^-1.
  const inverted = new Float64Array(size * size);
  for (let c = 0; c < size; c++) {
    for (let i = c; i < size; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = c; k < i; k++) {
        sum -= (l[i * size + k] as number) * (inverted[k * size + c] as number);
      }
      inverted[i * size + c] = sum / (l[i * size + i] as number);
    }
  }
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      let sum = 0;
      for (let k = j; k < size; k++) {
        sum += (inverted[k * size + i] as number) * (inverted[k * size + j] as number);
      }
      product[i * size + j] = sum;
      product[j * size + i] = sum;
    }
  }
  return { size, data: product };
}
