import type { LayerBits, QuantSettings } from '../../dsl/design.ts';
import { layerNames, type Model, parameterShapes } from '../../model/index.ts';
import { activationBits, weightBits } from '../../quantize/index.ts';
import type { Choice, LayerChoices, Problem } from '../allocate/index.ts';
import { decibelsOf, type OutputError } from './output-error.ts';
import type { Probe } from './probe.ts';
import { type AccuracyModel, type Part, type Sensitivity, withBits } from './sensitivity.ts';

/** What a model of accuracy expects of a configuration. */
export interface Prediction {
  /** Error of the base and what every layer adds to it; no less than 0. */
  readonly error: number;
  /** The same for top-1; null where no classes are known. */
  readonly top1: number | null;
}

/** A configuration that was run, beside what was expected of it. */
export interface Evaluated {
  readonly settings: QuantSettings;
  readonly predicted: Prediction;
  /** Null for a proxy: nothing can be run. */
  readonly measured: OutputError | null;
}

/**
 * Adds up the errors of single layers. Throws RangeError for bits that were neither tried nor are
 * those of the base.
 */
export function predict(model: AccuracyModel, layers: LayerBits): Prediction {
  let error = model.base;
  let top1 = model.top1;
  for (const [layer, bits] of Object.entries(layers)) {
    for (const part of ['weights', 'activations'] as const) {
      const wanted = bits[part];
      if (wanted === undefined) continue;
      const found = sensitivityOf(model, layer, part, wanted);
      error += found.loss;
      top1 = top1 === null || found.top1 === null ? null : top1 + found.top1;
    }
  }
  return {
    error: Math.max(0, error),
    top1: top1 === null ? null : Math.min(1, Math.max(0, top1)),
  };
}

/** Runs configurations and puts what the model expected beside it. */
export async function evaluate(
  model: AccuracyModel,
  probe: Probe | null,
  configurations: readonly LayerBits[],
): Promise<Evaluated[]> {
  const all = configurations.map((layers) => withBits(model.settings, variantsIn(layers)));
  const measured = probe && model.how === 'measured' ? await probe.measure(all) : null;
  return all.map((settings, i) => ({
    settings,
    predicted: predict(model, configurations[i] as LayerBits),
    measured: measured?.[i] ?? null,
  }));
}

/** One line of a result: `top-1 98.2 % on 1,000 images`, or that it is a proxy. */
export function describeEvaluated(
  { predicted, measured }: Evaluated,
  model: AccuracyModel,
): string {
  if (!measured) {
    const ratio = decibelsOf(predicted.error).toFixed(1);
    return `${ratio} dB of signal to noise over all layers: a proxy, since there are no images`;
  }
  const ratio = `${decibelsOf(measured.noise).toFixed(1)} dB`;
  const percent = (x: number | null) => (x === null ? '' : `top-1 ${(100 * x).toFixed(2)} %, `);
  return (
    `${percent(measured.top1)}logits ${ratio}, ${model.metric} ${measured[model.metric].toExponential(2)} ` +
    `(expected ${predicted.error.toExponential(2)}), on ${model.images} images`
  );
}

function sensitivityOf(model: AccuracyModel, layer: string, part: Part, bits: number): Sensitivity {
  const own = part === 'weights' ? weightBits : activationBits;
  if (bits === own(model.settings, layer)) return { layer, part, bits, loss: 0, top1: 0 };
  const found = model.sensitivities.find(
    (s) => s.layer === layer && s.part === part && s.bits === bits,
  );
  if (!found) throw new RangeError(`${part} of ${layer} were not tried in ${bits} bits`);
  return found;
}

function variantsIn(layers: LayerBits) {
  return Object.entries(layers).flatMap(([layer, bits]) =>
    (['weights', 'activations'] as const).flatMap((part) => {
      const own = bits[part];
      return own === undefined ? [] : [{ layer, part, bits: own }];
    }),
  );
}

/** Weights of every layer with weights, by its path. */
export function weightCounts(model: Model): ReadonlyMap<string, number> {
  const shapes = parameterShapes(model);
  const countOf = (path: string) => (shapes.get(path) ?? []).reduce((n, side) => n * side, 1);
  return new Map(
    layerNames(model).weights.map((layer) => {
      const second = layer === 'head' && shapes.has('distillationHead.weight') ? 2 : 1;
      return [layer, second * countOf(`${layer}.weight`)] as const;
    }),
  );
}

/**
 * The choice of weights for every layer among the widths that were tried and those of the base, with
 * the bits that they take in memory as the cost `weightBits`; `costsOf` adds others. Activations stay
 * as they are: an array has one width.
 */
export function weightProblem(
  model: AccuracyModel,
  network: Model,
  limits: Problem['limits'],
  costsOf: (layer: string, bits: number) => Choice['costs'] = () => ({}),
): Problem {
  const counts = weightCounts(network);
  const { settings } = model;
  const layers = [...counts].map(([layer, count]): LayerChoices => {
    const tried = model.sensitivities.filter((s) => s.layer === layer && s.part === 'weights');
    const own = { bits: weightBits(settings, layer), loss: 0 };
    const choices = [own, ...tried].map(({ bits, loss }) => ({
      ...{ weights: bits, activations: settings.activations, loss },
      costs: { weightBits: count * bits, ...costsOf(layer, bits) },
    }));
    return { layer, choices: choices.sort((a, b) => a.weights - b.weights) };
  });
  return { layers, limits };
}

/** The bits of an allocation, as `layers` of `quant` takes them. */
export function layerBitsOf(
  { layers }: Problem,
  { chosen }: { readonly chosen: readonly number[] },
): LayerBits {
  return Object.fromEntries(
    layers.map(({ layer, choices }, i) => [
      layer,
      { weights: (choices[chosen[i] as number] as Choice).weights },
    ]),
  );
}
