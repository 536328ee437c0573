import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { plainMethod, type QuantMethod, type WeightMethod } from '../../src/dsl/quant-method.ts';
import { randomImages } from '../../src/images/random.ts';
import { randomParameters } from '../../src/import/index.ts';
import { isKind, type LinearNode, type Range, scaledWeights, uniform } from '../../src/ir/index.ts';
import type { FloatTensor } from '../../src/model/index.ts';
import { groupSteps, inputUnits, notBelow, type RowSteps } from '../../src/quantize/group-steps.ts';
import { quantize } from '../../src/quantize/index.ts';
import { type Matrix, timesVector } from '../../src/quantize/linear-algebra.ts';
import {
  roundComq,
  roundGptq,
  roundNearest,
  roundStochastic,
} from '../../src/quantize/rounding/round-row.ts';
import { codeRange, weightSteps } from '../../src/quantize/weight-steps.ts';
import { smallModel } from './models.ts';

const FORMAT = uniform(4);
const SIZE = 8;
const noFacts = {
  heads: 1,
  rows: () => ({ data: new Float32Array(), width: 0, count: 0 }),
  moments: (): Matrix => ({ size: 32, data: Float64Array.from({ length: 1024 }, identity) }),
  gptqFactor: (): Matrix => ({ size: 32, data: Float64Array.from({ length: 1024 }, identity) }),
};
function identity(_: unknown, at: number): number {
  return at % 33 === 0 ? 1 : 0;
}

/** Rows of 32 in groups of 8 whose spread falls from group to group by `fall`. */
function unevenRows(count: number, fall: number): FloatTensor {
  const random = createRandom(4);
  const data = Float32Array.from(
    { length: count * 32 },
    (_, at) => random.nextGaussian() * fall ** -Math.floor((at % 32) / SIZE),
  );
  return { shape: [count, 32], data };
}

function stepsOf(weight: FloatTensor, method: WeightMethod): readonly RowSteps[] {
  const whole = weightSteps(method, weight, noFacts, FORMAT);
  return groupSteps(method, weight, whole, SIZE, FORMAT, codeRange(FORMAT, method.range));
}

/** `sum (w - s u q)^2` of a row. */
function errorOf(row: Float32Array, step: number, units: Float64Array | null, range: Range) {
  const codes = roundNearest(row, step, range, units);
  return codes.reduce((sum, q, i) => sum + (row[i]! - step * q * (units?.[i] ?? 1)) ** 2, 0);
}

describe('steps of groups', () => {
  const observers = [
    { kind: 'minmax' },
    { kind: 'mse' },
    { kind: 'omse' },
    { kind: 'cosine' },
    { kind: 'aciq' },
    { kind: 'percentile', percent: 97 },
  ] as const;

  it.each(
    observers.flatMap((observer) => ([1, 2.5] as const).map((fall) => [observer, fall] as const)),
  )('are never worse than those of rows: %o, groups that fall by %d', (observer, fall) => {
    const method = { ...plainMethod.weight, observer };
    const weight = unevenRows(12, fall);
    const whole = weightSteps(method, weight, noFacts, FORMAT);
    const range = codeRange(FORMAT, method.range);
    let [before, after] = [0, 0];
    stepsOf(weight, method).forEach((row, n) => {
      const own = weight.data.subarray(n * 32, (n + 1) * 32);
      const with_ = errorOf(own, row.step, inputUnits(row, 32, SIZE), range);
      const without = errorOf(own, whole[n]!, null, range);
      expect(with_).toBeLessThanOrEqual(without * (1 + 1e-9));
      for (const factor of row.factors) expect([2, 3, 4, 6]).toContain(factor);
      before += without;
      after += with_;
    });
    // Rows whose last groups are 2.5^3 smaller gain several decibels.
    if (fall > 1) expect(after).toBeLessThan(0.75 * before);
  });

  it('of min-max clip nothing', () => {
    const weight = unevenRows(12, 2.5);
    stepsOf(weight, plainMethod.weight).forEach((row, n) => {
      const own = weight.data.subarray(n * 32, (n + 1) * 32);
      const units = inputUnits(row, 32, SIZE);
      own.forEach((w, i) => {
        expect(Math.abs(w)).toBeLessThanOrEqual(7 * row.step * (units?.[i] ?? 1) * (1 + 1e-6));
      });
    });
  });

  it('of groups that differ by the factors are those', () => {
    const factors = [6, 4, 3, 2];
    const data = Float32Array.from({ length: 32 }, (_, i) => (i % 8) * (factors[i >> 3] as number));
    const [row] = stepsOf({ shape: [1, 32], data }, plainMethod.weight);
    expect(row?.factors).toEqual(factors);
    expect(row?.step).toBeCloseTo(1, 12);
  });

  it('of zeros are nothing, and a bound coarsens the finest', () => {
    const [row] = stepsOf({ shape: [1, 32], data: new Float32Array(32) }, plainMethod.weight);
    expect(row).toEqual({ step: 0, factors: [2, 2, 2, 2] });
    // Steps of 6, 2, 3 and 4 in steps of 1.5 are of 6, 3, 3 and 4.5.
    expect(notBelow({ step: 1, factors: [6, 2, 3, 4] }, 1.5)).toEqual({
      ...{ step: 1.5, factors: [4, 2, 2, 3] },
    });
    expect(notBelow({ step: 1, factors: [2, 6] }, 7)).toEqual({ step: 7, factors: [2, 2] });
    expect(notBelow({ step: 1, factors: [1] }, 7)).toEqual({ step: 7, factors: [1] });
    expect(notBelow({ step: 1, factors: [2, 6] }, 0.5)).toEqual({ step: 1, factors: [2, 6] });
  });
});

describe('rounding in groups', () => {
  const range = { low: -7, high: 7 };
  const units = Float64Array.from({ length: 32 }, (_, i) => [6, 4, 3, 2][i >> 3] as number);
  const row = unevenRows(1, 2).data;
  const moments = noFacts.moments();
  const nearest = roundNearest(row, 0.05, range, units);

  it('is to the nearest multiple of the step of each input', () => {
    row.forEach((w, i) => {
      const exact = w / (0.05 * units[i]!);
      expect(Math.abs(nearest[i]! - Math.max(-7, Math.min(7, exact)))).toBeLessThanOrEqual(0.5);
    });
  });

  it('by GPTQ and COMQ is to the nearest where inputs have nothing in common', () => {
    expect(roundGptq(row, 0.05, range, moments, units)).toEqual(nearest);
    expect(roundComq(row, 0.05, range, moments, 1, units).codes).toEqual(nearest);
  });

  it('by COMQ is never worse on inputs that have', () => {
    const random = createRandom(8);
    const mix = Float64Array.from({ length: 1024 }, () => random.nextGaussian());
    const data = Float64Array.from({ length: 1024 }, (_, at) => {
      const [i, j] = [Math.floor(at / 32), at % 32];
      let sum = 0;
      for (let k = 0; k < 32; k++) sum += mix[i * 32 + k]! * mix[j * 32 + k]!;
      return sum;
    });
    const m = { size: 32, data };
    const cost = (codes: Int32Array, step: number) => {
      const e = Float64Array.from(row, (w, i) => w - step * units[i]! * codes[i]!);
      return timesVector(m, e).reduce((sum, v, i) => sum + v * e[i]!, 0);
    };
    const found = roundComq(row, 0.05, range, m, 0, units);
    expect(cost(found.codes, found.scale)).toBeLessThan(0.7 * cost(nearest, 0.05));
  });

  it('is stochastic between both neighbours', () => {
    const codes = roundStochastic(row, 0.05, { low: -99, high: 99 }, createRandom(1), units);
    codes.forEach((q, i) => {
      expect(Math.abs(q - row[i]! / (0.05 * units[i]!))).toBeLessThan(1);
    });
  });
});

describe('a model with groups', () => {
  const model = smallModel({ side: 16, depth: 1 });
  const parameters = randomParameters(model, 2);
  const images = randomImages({ count: 3, seed: 1 }, model.image).map(({ pixels }) => pixels);
  const made = (choices: Partial<QuantMethod>, granularity: WeightMethod['granularity']) => {
    const base = { ...plainMethod, ...choices };
    const weight = { ...base.weight, granularity, observer: { kind: 'mse' } as const };
    const method = { ...base, weight };
    const graph = quantize(model, parameters, images, {
      ...{ weights: 4, activations: 8, residual: 16, method },
    });
    return graph.nodes.filter(isKind('linear'));
  };

  it('has them in every layer that has more inputs, and the patch embedding has none', () => {
    const width = parameters.get('block0.attention.query.weight')?.shape[1] ?? 0;
    expect(made({}, { group: 4 }).every(({ groups }) => groups?.size === 4)).toBe(true);
    const wide = made({}, { group: width }).filter(({ groups }) => groups);
    expect(wide.map(({ path }) => path)).toEqual(['block0.mlp.linear1.weight']);
    expect(made({}, 'channel').some(({ groups }) => groups)).toBe(false);
  });

  const folds: readonly Partial<QuantMethod>[] = [
    {},
    { fold: { kind: 'awq' } },
    { fold: { kind: 'repq' }, range: 'asymmetric' },
    { rounding: { kind: 'gptq' } },
    { rounding: { kind: 'comq' }, biasCorrection: true },
    { rounding: { kind: 'stochastic', seed: 3 } },
    { noise: 2, equalize: true },
    { steps: 'token' },
  ];
  it.each(folds)('is closer to the float weights than without, by %o', (choices) => {
    const noise = (nodes: readonly LinearNode[]) =>
      nodes.reduce((sum, { path, weight, groups }) => {
        // Of layers that no fold changes.
        if (!path.endsWith('linear1.weight')) return sum;
        const { shape, data } = parameters.get(path) as FloatTensor;
        const inputs = shape[1] as number;
        const scaled = scaledWeights(weight, inputs, groups);
        for (let n = 0; n < scaled.length; n += inputs) {
          let [xy, yy, xx] = [0, 0, 0];
          for (let i = n; i < n + inputs; i++) {
            xy += data[i]! * scaled[i]!;
            yy += scaled[i]! ** 2;
            xx += data[i]! ** 2;
          }
          sum += xx - xy ** 2 / yy;
        }
        return sum;
      }, 0);
    const [grouped, whole] = [made(choices, { group: 4 }), made(choices, 'channel')];
    expect(noise(grouped)).toBeLessThan(noise(whole));
  });
});
