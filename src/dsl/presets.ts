import { plainMethod, type QuantMethod } from './quant-method.ts';

export interface Preset {
  /** What it does, and where it stops short of its paper, in one line. */
  readonly summary: string;
  readonly source: string;
  readonly method: QuantMethod;
}

type Choices = Partial<Omit<QuantMethod, 'weight'>> & { weight?: Partial<QuantMethod['weight']> };

function preset(source: string, summary: string, choices: Choices): Preset {
  const weight = { ...plainMethod.weight, ...choices.weight };
  return Object.freeze({
    summary,
    source,
    method: Object.freeze({ ...plainMethod, ...choices, weight }),
  });
}

const mse = { kind: 'mse' } as const;
const percentile = { kind: 'percentile', percent: 99.99 } as const;

/** Compositions by the names of their papers; `vitrum quantize --list` prints them. */
export const presets = Object.freeze({
  minmax: preset('arXiv 2004.09602', 'ranges from the extremes, nothing else', {}),
  percentile: preset('arXiv 2004.09602', 'ranges that hold 99.99 % of the values', {
    observer: percentile,
  }),
  kl: preset('arXiv 2004.09602', 'ranges of the smallest Kullback-Leibler divergence', {
    observer: { kind: 'kl' },
  }),
  mse: preset('arXiv 2004.09602', 'ranges and weight steps of the smallest squared error', {
    observer: mse,
    weight: { observer: mse },
  }),
  q8bert: preset('arXiv 1910.06188', 'moving average of the extremes, without the training', {
    observer: { kind: 'movingAverage', momentum: 0.9 },
  }),
  whitepaper: preset(
    'arXiv 1806.08342',
    'zero points for activations, a step per output channel for weights',
    { range: 'asymmetric' },
  ),
  easyquant: preset(
    'arXiv 2006.16669',
    'ranges by cosine similarity; activations by tensor instead of by layer output',
    { observer: { kind: 'cosine' }, weight: { observer: { kind: 'cosine' } } },
  ),
  omse: preset('arXiv 1902.06822', 'line search of ranges and steps; no second tensor', {
    observer: { kind: 'omse' },
    weight: { observer: { kind: 'omse' } },
  }),
  aciq: preset('arXiv 1810.05723', 'clipping in closed form, bias correction; equal bits', {
    observer: { kind: 'aciq' },
    weight: { observer: { kind: 'aciq' } },
    biasCorrection: true,
  }),
  dfq: preset('arXiv 1906.04721', 'equalization where it is exact, bias correction', {
    equalize: true,
    biasCorrection: true,
  }),
  smoothquant: preset('arXiv 2211.10438', 'LayerNorm scales moved into weights; static, O3', {
    fold: { kind: 'smooth', alpha: 0.5 },
  }),
  'smoothquant-o1': preset(
    'arXiv 2211.10438',
    'the same, a step per tensor for weights and one per token behind LayerNorm, powers of two',
    {
      fold: { kind: 'smooth', alpha: 0.5 },
      weight: { granularity: 'tensor' },
      steps: 'token',
    },
  ),
  zeroquant: preset(
    'arXiv 2206.01861',
    'a step per token behind LayerNorm, powers of two; weights by channel; no distillation',
    { steps: 'token' },
  ),
  'repq-vit': preset(
    'arXiv 2212.08254',
    'scales and zero points of LayerNorm channels moved into weights; softmax stays uniform',
    { fold: { kind: 'repq' }, observer: percentile, range: 'asymmetric' },
  ),
  awq: preset(
    'arXiv 2306.00978',
    'salient input channels scaled up; a step per channel, or groups',
    {
      fold: { kind: 'awq' },
    },
  ),
  noisyquant: preset('arXiv 2211.16056', 'fixed noise on LayerNorm outputs, taken out of biases', {
    noise: 1,
  }),
  gptq: preset('arXiv 2210.17323', 'rounding that makes up for the error of earlier columns', {
    rounding: { kind: 'gptq' },
    weight: { observer: mse },
  }),
  comq: preset('arXiv 2403.07134', 'rounding by coordinate descent on codes and steps', {
    rounding: { kind: 'comq' },
  }),
  vitrum: preset(
    'docs/quantization.md',
    'squared error, zero points, equalization, COMQ, bias correction together',
    {
      observer: mse,
      range: 'asymmetric',
      weight: { observer: mse, range: 'full' },
      equalize: true,
      rounding: { kind: 'comq' },
      biasCorrection: true,
    },
  ),
}) satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

/** Presets that are what they are by one step for all weights of a layer: those have no groups. */
export type WholeTensorPreset = 'smoothquant-o1';

/** The method of a preset, with a step for every `group` inputs of an output channel where it can be. */
export function presetMethod(name: PresetName, group?: number): QuantMethod {
  const { method } = presets[name];
  if (group === undefined || method.weight.granularity === 'tensor') return method;
  return { ...method, weight: { ...method.weight, granularity: { group } } };
}

export const presetNames = Object.freeze(Object.keys(presets) as PresetName[]);
