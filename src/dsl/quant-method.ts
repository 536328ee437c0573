/**
 * How ranges, steps and codes are chosen; docs/quantization.md explains each. Every field is a slot
 * with one choice in it.
 */
export interface QuantMethod {
  /** Chooses the ranges of activations. */
  readonly observer: ActivationObserver;
  readonly range: ActivationRange;
  readonly weight: WeightMethod;
  /** Rewrites every LayerNorm and the layers that read it. */
  readonly fold: Fold;
  /** Equal ranges of query and key, value and output projection, and layers joined by ReLU. */
  readonly equalize: boolean;
  /** Seed of a fixed noise on the outputs of LayerNorm. */
  readonly noise: number | undefined;
  readonly rounding: Rounding;
  readonly biasCorrection: boolean;
  /** Of the outputs of LayerNorm: one of the tensor, or chosen at run time for every token. */
  readonly steps: Steps;
  /** Output channels of every layer that have weights of another kind; none unless given. */
  readonly rows?: MixedRows | undefined;
}

/**
 * Of every `of` output channels of a layer, the last `outputs` have weights of another kind: fixed
 * point of fewer bits, powers of two, or sums of two of them.
 */
export interface MixedRows {
  readonly kind: 'fixed' | 'powerOfTwo' | 'sumOfTwo';
  /** Of a code: 2 to 7, 3 to 5, or 4 and 5. */
  readonly bits: number;
  readonly outputs: number;
  readonly of: number;
}

/** Bits that codes of mixed rows may have, the fewest and the most. */
export const ROW_BITS: Readonly<Record<MixedRows['kind'], readonly [number, number]>> = {
  fixed: [2, 7],
  powerOfTwo: [3, 5],
  sumOfTwo: [4, 5],
};

export type Steps = 'tensor' | 'token';

export interface WeightMethod {
  readonly observer: WeightObserver;
  readonly granularity: Granularity;
  readonly range: WeightRange;
}

export type WeightObserver =
  | { readonly kind: 'minmax' | 'mse' | 'cosine' | 'omse' | 'aciq' }
  | { readonly kind: 'percentile'; readonly percent: number };

export type ActivationObserver =
  | WeightObserver
  | { readonly kind: 'kl' }
  | { readonly kind: 'movingAverage'; readonly momentum: number };

export type ActivationRange = 'restricted' | 'full' | 'asymmetric';
export type WeightRange = 'restricted' | 'full';
/** What shares a step; with `group`, so many inputs of an output channel. */
export type Granularity = 'tensor' | 'channel' | 'head' | { readonly group: number };

export type Fold =
  | { readonly kind: 'none' | 'repq' | 'awq' }
  | { readonly kind: 'smooth'; readonly alpha: number };

export type Rounding =
  | { readonly kind: 'nearest' | 'gptq' | 'comq' }
  | { readonly kind: 'stochastic'; readonly seed: number };

/** Plain min-max: what every slot is when a design does not say. */
export const plainMethod: QuantMethod = Object.freeze({
  observer: Object.freeze({ kind: 'minmax' }),
  range: 'restricted',
  weight: Object.freeze({
    observer: Object.freeze({ kind: 'minmax' }),
    granularity: 'channel',
    range: 'restricted',
  }),
  fold: Object.freeze({ kind: 'none' }),
  equalize: false,
  noise: undefined,
  rounding: Object.freeze({ kind: 'nearest' }),
  biasCorrection: false,
  steps: 'tensor',
});
