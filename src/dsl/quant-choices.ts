import { z } from 'zod';
import type { Diagnostic, Place } from '../diagnostics/index.ts';
import { codes, fault } from './faults.ts';
import {
  type ActivationObserver,
  type ActivationRange,
  type Fold,
  type Granularity,
  type MixedRows,
  plainMethod,
  type QuantMethod,
  ROW_BITS,
  type Rounding,
  type WeightObserver,
  type WeightRange,
} from './quant-method.ts';
import { oneOf, setting, whole } from './settings.ts';

/** An object with exactly one of several keys: two choices for one thing do not type-check. */
type OneOf<Choices> = {
  [K in keyof Choices]: { [P in K]: Choices[P] } & {
    [P in Exclude<keyof Choices, K>]?: never;
  };
}[keyof Choices];

type WeightObserverChoice =
  | 'minmax'
  | 'mse'
  | 'cosine'
  | 'omse'
  | 'aciq'
  | OneOf<{ percentile: number }>;

type ActivationObserverChoice =
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

export const LEGAL_ROWS =
  '{ fixed: 2 .. 7, powerOfTwo: 3 .. 5 or sumOfTwo: 4 .. 5, outputs: 1 .. of - 1, of: 2 .. 1024 }';

export function isRows(v: unknown): boolean {
  if (typeof v !== 'object' || v === null || Object.keys(v).length !== 3) return false;
  const { outputs, of } = v as { outputs: unknown; of: unknown };
  const isCount = (n: unknown, low: number, high: number) =>
    typeof n === 'number' && Number.isInteger(n) && n >= low && n <= high;
  return (
    isCount(of, 2, 1024) &&
    isCount(outputs, 1, (of as number) - 1) &&
    Object.entries(ROW_BITS).some(([kind, [low, high]]) => isCount(Reflect.get(v, kind), low, high))
  );
}

const isOneOf = (words: readonly string[], v: unknown) => words.some((word) => word === v);

/** `{ key: number }` and nothing else, the number within `low .. high`. */
function holds(v: unknown, key: string, low: number, high: number): boolean {
  if (typeof v !== 'object' || v === null || Object.keys(v).length !== 1) return false;
  const value: unknown = Reflect.get(v, key);
  return typeof value === 'number' && value >= low && value <= high;
}

const WEIGHT_OBSERVERS = ['minmax', 'mse', 'cosine', 'omse', 'aciq'] as const;
const SEEDS = 2 ** 32 - 1;
const isPercentile = (v: unknown) => holds(v, 'percentile', 50, 100);
const words = WEIGHT_OBSERVERS.map((word) => `"${word}"`).join(', ');

const observer = setting<ActivationObserverChoice>(
  `${words}, "kl", { percentile: 50 .. 100 } or { movingAverage: 0 .. 1 }`,
  (v) =>
    isOneOf([...WEIGHT_OBSERVERS, 'kl'], v) || isPercentile(v) || holds(v, 'movingAverage', 0, 1),
);
const weightObserver = setting<WeightObserverChoice>(
  `${words} or { percentile: 50 .. 100 }`,
  (v) => isOneOf(WEIGHT_OBSERVERS, v) || isPercentile(v),
);
/** Tiles of 2 and 4 inputs, at least, divide them. */
const GROUPS = { unit: 4, largest: 4096 };
const granularity = setting<Granularity>(
  `"tensor", "channel", "head" or { group: k }, k a multiple of ${GROUPS.unit} up to ${GROUPS.largest}`,
  (v) =>
    isOneOf(['tensor', 'channel', 'head'], v) ||
    (holds(v, 'group', GROUPS.unit, GROUPS.largest) &&
      Number(Reflect.get(v as object, 'group')) % GROUPS.unit === 0),
);
const flag = setting<boolean>('true or false', (v) => typeof v === 'boolean');

/** The settings of the slots. */
export const methodFields = {
  observer: observer.optional(),
  range: oneOf('restricted', 'full', 'asymmetric').optional(),
  weight: z
    .strictObject({
      observer: weightObserver.optional(),
      granularity: granularity.optional(),
      range: oneOf('restricted', 'full').optional(),
    })
    .optional(),
  fold: setting<NonNullable<MethodChoices['fold']>>(
    '"none", "repq", "awq" or { smooth: 0 .. 1 }',
    (v) => isOneOf(['none', 'repq', 'awq'], v) || holds(v, 'smooth', 0, 1),
  ).optional(),
  equalize: flag.optional(),
  noise: whole(0, SEEDS).optional(),
  rounding: setting<NonNullable<MethodChoices['rounding']>>(
    '"nearest", "gptq", "comq" or { stochastic: seed }',
    (v) => isOneOf(['nearest', 'gptq', 'comq'], v) || holds(v, 'stochastic', 0, SEEDS),
  ).optional(),
  biasCorrection: flag.optional(),
  steps: oneOf('tensor', 'token').optional(),
  rows: setting<RowsChoice>(LEGAL_ROWS, isRows).optional(),
};

/** VT103 of slots that exclude each other; the types say the same. */
export function checkSteps(
  { steps, fold, noise }: Partial<MethodChoices>,
  place: Place | undefined,
): readonly Diagnostic[] {
  if (steps !== 'token') return [];
  const excluded = (slot: string, value: string, hint: string) =>
    fault(codes.value, place, slot, `${slot} is ${value} beside steps: "token".`, hint);
  return [
    ...(fold === 'repq'
      ? [excluded('fold', '"repq"', 'Legal is "none", "awq" or { smooth: 0 .. 1 }.')]
      : []),
    ...(noise !== undefined
      ? [
          excluded(
            'noise',
            String(noise),
            'Noise is within half a step of the tensor: leave it out.',
          ),
        ]
      : []),
  ];
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
