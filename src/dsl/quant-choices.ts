import {
  type ActivationObserver,
  type ActivationRange,
  type Fold,
  type Granularity,
  type MixedRows,
  plainMethod,
  type QuantMethod,
  type Rounding,
  type WeightObserver,
  type WeightRange,
} from './quant-method.ts';

/** An object with exactly one of several keys: two choices for one thing do not type-check. */
type OneOf<Choices> = {
  [K in keyof Choices]: { [P in K]: Choices[P] } & {
    [P in Exclude<keyof Choices, K>]?: never;
  };
}[keyof Choices];

export type WeightObserverChoice =
  | 'minmax'
  | 'mse'
  | 'cosine'
  | 'omse'
  | 'aciq'
  | OneOf<{ percentile: number }>;

export type ActivationObserverChoice =
  | Exclude<WeightObserverChoice, object>
  | 'kl'
  | OneOf<{ percentile: number; movingAverage: number }>;

/** The slots of `quant({ ... })`; docs/quantization.md explains what stands in each. */
export type MethodChoices = Slots & (TensorSteps | TokenSteps);

interface TensorSteps {
  /** Steps of the outputs of LayerNorm: one of the tensor, or chosen at run time for every token. */
  steps?: 'tensor' | undefined;
}

/** RepQ and NoisyQuant choose a step or a zero point of the tensor, which tokens would then not have. */
interface TokenSteps {
  steps: 'token';
  fold?: 'none' | 'awq' | { smooth: number } | undefined;
  noise?: undefined;
}

interface Slots {
  /** Chooses the ranges of activations. */
  observer?: ActivationObserverChoice | undefined;
  /** Symmetric by either of two steps, or with zero points. */
  range?: ActivationRange | undefined;
  weight?:
    | {
        observer?: WeightObserverChoice | undefined;
        granularity?: Exclude<Granularity, object> | OneOf<{ group: number }> | undefined;
        range?: WeightRange | undefined;
      }
    | undefined;
  /** What is moved from every LayerNorm into the layers behind it. */
  fold?: 'none' | 'repq' | 'awq' | OneOf<{ smooth: number }> | undefined;
  /** Equal ranges of query and key, value and output, and layers joined by ReLU. */
  equalize?: boolean | undefined;
  /** Seed of a fixed noise on the outputs of LayerNorm. */
  noise?: number | undefined;
  rounding?: 'nearest' | 'gptq' | 'comq' | OneOf<{ stochastic: number }> | undefined;
  biasCorrection?: boolean | undefined;
  /**
   * Weights of another kind in some output channels: of every `of` channels of a layer the last
   * `outputs`, fixed point of 2 to 7 bits, powers of two of 3 to 5 bits, or sums of two of them of 4
   * or 5 bits. Channels are arranged so that those are the ones that lose least. For arrays with
   * `of` outputs of which `lutOutputs` multiply weights alone.
   */
  rows?: RowsChoice | undefined;
}

/** Rows of another kind as a design gives them. */
export type RowsChoice = OneOf<{ fixed: number; powerOfTwo: number; sumOfTwo: number }> & RowShare;

interface RowShare {
  outputs: number;
  of: number;
}

/** The slots as the quantizer takes them; those left out are of plain min-max. */
export function methodOf(choices: MethodChoices): QuantMethod {
  const { weight = {} } = choices;
  return {
    observer: choices.observer ? observerOf(choices.observer) : plainMethod.observer,
    range: choices.range ?? plainMethod.range,
    weight: {
      observer: weight.observer ? weightObserverOf(weight.observer) : plainMethod.weight.observer,
      granularity: weight.granularity ?? plainMethod.weight.granularity,
      range: weight.range ?? plainMethod.weight.range,
    },
    fold: foldOf(choices.fold ?? 'none'),
    equalize: choices.equalize ?? false,
    noise: choices.noise,
    rounding: roundingOf(choices.rounding ?? 'nearest'),
    biasCorrection: choices.biasCorrection ?? false,
    steps: choices.steps ?? plainMethod.steps,
    ...(choices.rows && { rows: rowsOf(choices.rows) }),
  };
}

export function rowsOf({ outputs, of, ...choice }: RowsChoice): MixedRows {
  const [kind, bits] = Object.entries(choice)[0] as [MixedRows['kind'], number];
  return { kind, bits, outputs, of };
}

function weightObserverOf(choice: WeightObserverChoice): WeightObserver {
  if (typeof choice === 'string') return { kind: choice };
  return { kind: 'percentile', percent: choice.percentile };
}

function observerOf(choice: ActivationObserverChoice): ActivationObserver {
  if (typeof choice === 'string') return { kind: choice };
  return choice.percentile === undefined
    ? { kind: 'movingAverage', momentum: choice.movingAverage }
    : { kind: 'percentile', percent: choice.percentile };
}

function foldOf(choice: NonNullable<MethodChoices['fold']>): Fold {
  return typeof choice === 'string' ? { kind: choice } : { kind: 'smooth', alpha: choice.smooth };
}

function roundingOf(choice: NonNullable<MethodChoices['rounding']>): Rounding {
  return typeof choice === 'string'
    ? { kind: choice }
    : { kind: 'stochastic', seed: choice.stochastic };
}
