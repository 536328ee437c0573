import { z } from 'zod';
import type { Diagnostic, Place } from '../diagnostics/index.ts';
import { codes, fault, list } from './faults.ts';
import type {
  ActivationObserverChoice,
  MethodChoices,
  RowsChoice,
  WeightObserverChoice,
} from './quant-choices.ts';
import { type Granularity, ROW_BITS } from './quant-method.ts';
import { oneOf, setting, whole } from './settings.ts';

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
const LEGAL_GROUPS = `a multiple of ${GROUPS.unit} up to ${GROUPS.largest}`;

export function isGroup(v: unknown): boolean {
  return Number(v) % GROUPS.unit === 0 && holds({ v }, 'v', GROUPS.unit, GROUPS.largest);
}

const granularity = setting<Granularity>(
  `"tensor", "channel", "head" or { group: k }, k ${LEGAL_GROUPS}`,
  (v) =>
    isOneOf(['tensor', 'channel', 'head'], v) ||
    (holds(v, 'group', GROUPS.unit, GROUPS.largest) && isGroup(Reflect.get(v as object, 'group'))),
);

/** Inputs of an output channel that share a step, beside a preset. */
export const groupField = setting<number>(LEGAL_GROUPS, isGroup).optional();

const LARGEST_OF = 1024;
const rowKinds = Object.entries(ROW_BITS).map(
  ([kind, [low, high]]) => `${kind}: ${low} .. ${high}`,
);

export function isRows(v: unknown): boolean {
  if (typeof v !== 'object' || v === null || Object.keys(v).length !== 3) return false;
  const { outputs, of } = v as { outputs: unknown; of: unknown };
  const isCount = (n: unknown, low: number, high: number) =>
    typeof n === 'number' && Number.isInteger(n) && n >= low && n <= high;
  return (
    isCount(of, 2, LARGEST_OF) &&
    isCount(outputs, 1, (of as number) - 1) &&
    Object.entries(ROW_BITS).some(([kind, [low, high]]) => isCount(Reflect.get(v, kind), low, high))
  );
}

export const LEGAL_ROWS = `{ ${list(rowKinds, 'or')}, outputs: 1 .. of - 1, of: 2 .. ${LARGEST_OF} }`;

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
