import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import {
  cholesky,
  columnMeans,
  dot,
  inverse,
  type Matrix,
  secondMoments,
  timesVector,
} from '../../src/quantize/linear-algebra.ts';
import {
  roundComq,
  roundGptq,
  roundNearest,
  roundStochastic,
} from '../../src/quantize/rounding/round-row.ts';

const WIDTH = 24;
const INT4 = { low: -7, high: 7 };
const random = createRandom(3);
/** Correlated columns, as activations have: mixtures of a few sources. */
const rows = (() => {
  const count = 200;
  const mix = Float32Array.from({ length: 6 * WIDTH }, () => random.nextGaussian());
  const data = new Float32Array(count * WIDTH);
  for (let r = 0; r < count; r++) {
    const source = Array.from({ length: 6 }, () => random.nextGaussian());
    for (let c = 0; c < WIDTH; c++) {
      data[r * WIDTH + c] =
        source.reduce((sum, s, i) => sum + s * mix[i * WIDTH + c]!, 0) +
        0.1 * random.nextGaussian();
    }
  }
  return { data, width: WIDTH, count };
})();
const moments = secondMoments(rows);
const weights = Array.from({ length: 40 }, () =>
  Float32Array.from({ length: WIDTH }, () => random.nextGaussian()),
);
const stepOf = (row: Float32Array) => row.reduce((a, w) => Math.max(a, Math.abs(w)), 0) / 7;

function errorOf(row: Float32Array, codes: Int32Array, scale: number): number {
  const e = Float64Array.from(row, (w, i) => w - scale * codes[i]!);
  return dot(e, timesVector(moments, e));
}

function upperFactor(m: Matrix): Matrix {
  const { size } = m;
  const damped = m.data.map((v, i) => (i % (size + 1) === 0 ? v + 0.01 : v));
  const { data } = cholesky(inverse({ size, data: damped }));
  return { size, data: data.map((_, at) => data[(at % size) * size + Math.floor(at / size)]!) };
}

describe('linear algebra', () => {
  it('inverts and factors', () => {
    const m = { size: WIDTH, data: moments.data.map((v, i) => (i % (WIDTH + 1) ? v : v + 0.5)) };
    const inverted = inverse(m);
    const l = cholesky(m);
    for (let i = 0; i < WIDTH; i++) {
      for (let j = 0; j < WIDTH; j++) {
        let [product, square] = [0, 0];
        for (let k = 0; k < WIDTH; k++) {
          product += m.data[i * WIDTH + k]! * inverted.data[k * WIDTH + j]!;
          square += l.data[i * WIDTH + k]! * l.data[j * WIDTH + k]!;
        }
        expect(product).toBeCloseTo(i === j ? 1 : 0, 8);
        expect(square).toBeCloseTo(m.data[i * WIDTH + j]!, 8);
      }
    }
    expect(() => cholesky({ size: 1, data: Float64Array.of(-1) })).toThrow(/positive definite/);
  });

  it('takes means of columns', () => {
    const means = columnMeans({ data: Float32Array.of(1, 10, 3, 20), width: 2, count: 2 });
    expect([...means]).toEqual([2, 15]);
  });
});

describe('rounding', () => {
  it('to the nearest saturates', () => {
    expect([...roundNearest([0.5, 1.5, -9, 9], 1, INT4)]).toEqual([0, 2, -7, 7]);
  });

  it('stochastic is right on average, repeats with its seed, and leaves whole numbers alone', () => {
    const many = Float32Array.from({ length: 4000 }, () => 1.25);
    const codes = roundStochastic(many, 1, INT4, createRandom(1));
    expect(new Set(codes)).toEqual(new Set([1, 2]));
    expect(codes.reduce((a, b) => a + b) / codes.length).toBeCloseTo(1.25, 1);
    expect(roundStochastic(many, 1, INT4, createRandom(1))).toEqual(codes);
    expect(roundStochastic(many, 1, INT4, createRandom(2))).not.toEqual(codes);
    expect([...roundStochastic([3, -2], 1, INT4, createRandom(1))]).toEqual([3, -2]);
  });

  it('by COMQ is never worse than to the nearest, and mostly much better', () => {
    let [near, found] = [0, 0];
    for (const row of weights) {
      const scale = stepOf(row);
      const nearest = errorOf(row, roundNearest(row, scale, INT4), scale);
      const comq = roundComq(row, scale, INT4, moments);
      const error = errorOf(row, comq.codes, comq.scale);
      expect(error).toBeLessThanOrEqual(nearest * (1 + 1e-9));
      for (const code of comq.codes) expect(Math.abs(code)).toBeLessThanOrEqual(7);
      near += nearest;
      found += error;
    }
    expect(found).toBeLessThan(0.5 * near);
  });

  it('by GPTQ is much better than to the nearest on correlated inputs', () => {
    const upper = upperFactor(moments);
    let [near, found] = [0, 0];
    for (const row of weights) {
      const scale = stepOf(row);
      near += errorOf(row, roundNearest(row, scale, INT4), scale);
      found += errorOf(row, roundGptq(row, scale, INT4, upper), scale);
    }
    expect(found).toBeLessThan(0.6 * near);
  });

  it('by GPTQ is to the nearest where columns have nothing in common', () => {
    const own = { size: 3, data: Float64Array.of(2, 0, 0, 0, 1, 0, 0, 0, 5) };
    const row = Float32Array.of(0.6, -1.4, 2.2);
    expect(roundGptq(row, 1, INT4, own)).toEqual(roundNearest(row, 1, INT4));
  });
});
