import { describe, expect, test } from 'vitest';
import { presetNames, presets } from '../../src/dsl/presets.ts';
import { plainMethod } from '../../src/dsl/quant-method.ts';
import { quant } from '../../src/index.ts';

const bits = { weights: 4, activations: 8 } as const;

describe('quant', () => {
  test('without choices is plain min-max', () => {
    expect(quant(bits).value).toEqual({ ...bits, residual: 16, method: plainMethod });
    expect(quant.minmax(bits).value).toEqual({ ...bits, residual: 16 });
    expect(quant.preset('minmax', bits).value?.method).toEqual(plainMethod);
  });

  test('takes every slot', () => {
    const { value, faults } = quant({
      ...bits,
      ends: 8,
      observer: { movingAverage: 0.9 },
      range: 'asymmetric',
      weight: { observer: { percentile: 99 }, granularity: 'head', range: 'full' },
      fold: { smooth: 0.25 },
      equalize: true,
      noise: 3,
      rounding: { stochastic: 5 },
      biasCorrection: true,
    });
    expect(faults).toEqual([]);
    expect(value).toEqual({
      ...bits,
      residual: 16,
      ends: 8,
      method: {
        observer: { kind: 'movingAverage', momentum: 0.9 },
        range: 'asymmetric',
        weight: {
          observer: { kind: 'percentile', percent: 99 },
          granularity: 'head',
          range: 'full',
        },
        fold: { kind: 'smooth', alpha: 0.25 },
        equalize: true,
        noise: 3,
        rounding: { kind: 'stochastic', seed: 5 },
        biasCorrection: true,
        steps: 'tensor',
      },
    });
    const grouped = quant({ ...bits, weight: { granularity: { group: 32 } }, steps: 'token' });
    expect(grouped.value?.method).toEqual({
      ...{ ...plainMethod, steps: 'token' },
      weight: { ...plainMethod.weight, granularity: { group: 32 } },
    });
    const token = quant({ ...bits, steps: 'token', fold: 'awq' });
    expect(token.value?.method).toEqual({
      ...{ ...plainMethod, fold: { kind: 'awq' }, steps: 'token' },
    });
  });

  test.each([
    [{ observer: 'mode' }, 'observer', 'VT103'],
    [{ observer: { percentile: 20 } }, 'observer', 'VT103'],
    [{ observer: { percentile: 99, movingAverage: 0.9 } }, 'observer', 'VT103'],
    [{ weight: { observer: 'kl' } }, 'weight.observer', 'VT103'],
    [{ weight: { granularity: 'group' } }, 'weight.granularity', 'VT103'],
    [{ weight: { granularity: { group: 6 } } }, 'weight.granularity', 'VT103'],
    [{ weight: { granularity: { group: 2 } } }, 'weight.granularity', 'VT103'],
    [{ weight: { granularity: { group: 4100 } } }, 'weight.granularity', 'VT103'],
    [{ weight: { granularity: { group: 8, head: true } } }, 'weight.granularity', 'VT103'],
    [{ fold: { smooth: 2 } }, 'fold', 'VT103'],
    [{ rounding: ['gptq', 'comq'] }, 'rounding', 'VT103'],
    [{ equalize: 'yes' }, 'equalize', 'VT103'],
    [{ ends: 12 }, 'ends', 'VT106'],
    [{ observers: 'mse' }, 'observers', 'VT104'],
    [{ steps: 'row' }, 'steps', 'VT103'],
    [{ steps: 'token', fold: 'repq' }, 'fold', 'VT103'],
    [{ steps: 'token', noise: 4 }, 'noise', 'VT103'],
  ])('refuses %o', (choices, subject, code) => {
    const { value, faults } = quant({ ...bits, ...choices } as Parameters<typeof quant>[0]);
    expect(value).toBeUndefined();
    expect(faults.map((d) => [d.code, d.subject])).toEqual([[code, subject]]);
  });

  test('gives a preset groups, unless it has one step for all weights', () => {
    expect(quant.preset('gptq', { ...bits, group: 32 }).value?.method).toEqual({
      ...presets.gptq.method,
      weight: { ...presets.gptq.method.weight, granularity: { group: 32 } },
    });
    const faultsOf = (name: 'awq', group: number) =>
      quant.preset(name, { ...bits, group }).faults.map((d) => [d.code, d.subject]);
    expect(faultsOf('awq', 6)).toEqual([['VT103', 'group']]);
    const whole = presetNames.filter(
      (name) => presets[name].method.weight.granularity === 'tensor',
    );
    expect(whole).toEqual(['smoothquant-o1']);
    for (const name of whole) expect(faultsOf(name as 'awq', 32)).toEqual([['VT103', 'group']]);
  });

  test('refuses a preset that it does not know, and names those it does', () => {
    const { faults } = quant.preset('magic' as 'minmax', bits);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.hint).toContain('"smoothquant"');
  });

  test('has presets that say what they do', () => {
    expect(presetNames.length).toBeGreaterThan(14);
    for (const name of presetNames) {
      expect(presets[name].summary.length, name).toBeGreaterThan(15);
      expect(presets[name].source, name).toMatch(/^arXiv \d{4}\.\d{5}$|^docs\//);
    }
  });
});
