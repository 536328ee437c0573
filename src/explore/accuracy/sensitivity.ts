import type { QuantSettings } from '../../dsl/design.ts';
import { plainMethod } from '../../dsl/quant-method.ts';
import { layerNames } from '../../model/index.ts';
import { applyFolds } from '../../quantize/folds/index.ts';
import { activationBits, type Observations, weightBits } from '../../quantize/index.ts';
import type { OutputError } from './output-error.ts';
import type { Probe } from './probe.ts';

/** What of a layer changes its bits. */
export type Part = 'weights' | 'activations';

/** The error of the output when one part of one layer has other bits, and all else those of the base. */
export interface Sensitivity {
  /** A name of `layerNames`. */
  readonly layer: string;
  readonly part: Part;
  readonly bits: number;
  /** What these bits add to the error of the base; 0 at its own bits, below 0 for more of them. */
  readonly loss: number;
  /** What they add to the top-1; null where it was not measured. */
  readonly top1: number | null;
}

/** The error that is added up: of the probabilities of classes, or of the logits themselves. */
export type Metric = 'divergence' | 'noise';

/**
 * How the error of the output depends on the bits of single layers. Errors of layers are added:
 * rounding errors of different layers are all but independent, so the powers of their noise add
 * up, and so do divergences as long as errors are small.
 */
export interface AccuracyModel {
  /** `proxy`: no images were given, and nothing was run. */
  readonly how: 'measured' | 'proxy';
  readonly metric: Metric;
  /** The settings from which single layers differ. */
  readonly settings: QuantSettings;
  /** Images that it was measured on. */
  readonly images: number;
  /** Error of the base. */
  readonly base: number;
  /** Of the base; null where no classes are known. */
  readonly top1: number | null;
  readonly sensitivities: readonly Sensitivity[];
}

export interface Widths {
  /** Bits to try for the weights of each layer. */
  readonly weights: readonly number[];
  /** Bits to try for each activation; none leaves them alone. */
  readonly activations?: readonly number[] | undefined;
}

export interface ModelOptions extends Widths {
  readonly settings: QuantSettings;
  /** Noise unless given: the sum of its parts is nearer to the whole. */
  readonly metric?: Metric | undefined;
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/** A part of a layer at other bits. */
export type Variant = Pick<Sensitivity, 'layer' | 'part' | 'bits'>;

/** Every part of every layer at every width that is not its own in the base. */
export function variantsOf(
  { model }: Pick<Observations, 'model'>,
  settings: QuantSettings,
  widths: Widths,
): readonly Variant[] {
  const names = layerNames(model);
  const of = (part: Part, own: (layer: string) => number) =>
    names[part].flatMap((layer) =>
      (widths[part] ?? []).flatMap((bits): Variant[] =>
        bits === own(layer) ? [] : [{ layer, part, bits }],
      ),
    );
  return [
    ...of('weights', (layer) => weightBits(settings, layer)),
    ...of('activations', (tensor) => activationBits(settings, tensor)),
  ];
}

/** Settings with some parts of layers at other bits. */
export function withBits(settings: QuantSettings, variants: readonly Variant[]): QuantSettings {
  const layers: Record<string, { weights?: number; activations?: number }> = {};
  for (const [layer, bits] of Object.entries(settings.layers ?? {})) {
    layers[layer] = {
      ...(bits.weights !== undefined && { weights: bits.weights }),
      ...(bits.activations !== undefined && { activations: bits.activations }),
    };
  }
  for (const { layer, part, bits } of variants) layers[layer] = { ...layers[layer], [part]: bits };
  return { ...settings, layers };
}

/**
 * Measures every layer at every width alone with the golden model. The probe is of the observations
 * that `foldedOnce` gives, and so are the settings.
 */
export async function measureSensitivity(
  probe: Probe,
  observations: Observations,
  options: ModelOptions,
): Promise<AccuracyModel> {
  const { settings, metric = 'noise', onProgress = () => {} } = options;
  const variants = variantsOf(observations, settings, options);
  const all = [settings, ...variants.map((variant) => withBits(settings, [variant]))];
  const errors = await probe.measure(all, (done) => onProgress(done, all.length));
  const [base, ...others] = errors as [OutputError, ...OutputError[]];
  return Object.freeze({
    ...({ how: 'measured', metric, settings, images: probe.images.length } as const),
    base: base[metric],
    top1: base.top1,
    sensitivities: variants.map((variant, i) => {
      const error = others[i] as OutputError;
      const top1 = error.top1 === null || base.top1 === null ? null : error.top1 - base.top1;
      return { ...variant, loss: error[metric] - base[metric], top1 };
    }),
  });
}

/**
 * The model with the folds of a method made once, at the bits of the settings, and settings that fold
 * no more: folds cost runs over all calibration images.
 */
export function foldedOnce(
  observations: Observations,
  settings: QuantSettings,
): { readonly observations: Observations; readonly settings: QuantSettings } {
  const { method } = settings;
  if (!method) return { observations, settings };
  const { fold, equalize, noise } = plainMethod;
  return {
    observations: applyFolds(observations, settings),
    settings: { ...settings, method: { ...method, fold, equalize, noise } },
  };
}
