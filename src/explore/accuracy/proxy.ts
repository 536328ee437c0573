import { rangeOf, uniform } from '../../ir/index.ts';
import { layerNames } from '../../model/index.ts';
import { quantizeAffine } from '../../quantize/affine.ts';
import { type Context, createContext, observed, tensor } from '../../quantize/context.ts';
import {
  activationBits,
  type Observations,
  quantizeObserved,
  weightBits,
} from '../../quantize/index.ts';
import { linearLayers } from '../../quantize/layers.ts';
import { quantizeWeights } from '../../quantize/weights.ts';
import { type AccuracyModel, type ModelOptions, variantsOf } from './sensitivity.ts';

/**
 * Without images: noise over signal of the weights, and of the activations of the design's own
 * calibration, at every width. What a layer's error does to the output is not known, so all layers
 * count alike: a proxy, which says what rounding does to numbers and not to answers.
 */
export function proxySensitivity(
  observations: Observations,
  options: Omit<ModelOptions, 'metric'>,
): AccuracyModel {
  const { settings, onProgress = () => {} } = options;
  const context = createContext(observations, settings);
  const { graph } = quantizeObserved(observations, settings);
  const inputs = new Map(
    [graph.input.tensor, ...graph.nodes.map((node) => node.output)].map((t) => [t.name, t]),
  );
  const inputOf = new Map(linearLayers(observations.model).map(({ path, input }) => [path, input]));
  const noiseOf = (layer: string, part: 'weights' | 'activations', bits: number) =>
    part === 'activations'
      ? activationNoise(context, layer, bits)
      : weightNoise(context, layer, bits, inputs.get(inputOf.get(layer) ?? ''));
  const names = layerNames(observations.model);
  const own = new Map<string, number>();
  for (const layer of names.weights) {
    own.set(`weights ${layer}`, noiseOf(layer, 'weights', weightBits(settings, layer)));
  }
  for (const layer of names.activations) {
    own.set(`activations ${layer}`, noiseOf(layer, 'activations', activationBits(settings, layer)));
  }
  const variants = variantsOf(observations, settings, options);
  const sensitivities = variants.map(({ layer, part, bits }, i) => {
    const loss = noiseOf(layer, part, bits) - (own.get(`${part} ${layer}`) ?? 0);
    onProgress(i + 1, variants.length);
    return { layer, part, bits, loss, top1: null };
  });
  return Object.freeze({
    ...({ how: 'proxy', metric: 'noise', settings, images: 0 } as const),
    base: [...own.values()].reduce((sum, noise) => sum + noise, 0),
    top1: null,
    sensitivities,
  });
}

type TensorTypeLike = Parameters<typeof quantizeWeights>[2];

/** `sum (w - Q(w))^2 / sum w^2` over a layer, with the design's own rounding. */
function weightNoise(
  context: Context,
  path: string,
  bits: number,
  input: TensorTypeLike | undefined,
): number {
  // A tensor that has no node of its own, the input of two heads: the step only bounds biases.
  const type = input ?? { name: path, shape: [], format: uniform(8), scale: 1 };
  const { scaled, scales } = quantizeWeights(context, path, type, uniform(bits));
  const { data, shape } = tensor(context, `${path}.weight`);
  const width = shape[1] ?? 1;
  let signal = 0;
  let noise = 0;
  data.forEach((w, i) => {
    signal += w * w;
    noise += (w - (scaled[i] as number) * (scales[Math.floor(i / width)] as number)) ** 2;
  });
  return signal > 0 ? noise / signal : 0;
}

/** `sum (x - Q(x))^2 / sum x^2` over the histogram of a tensor's calibration; 0 where it has none. */
function activationNoise(context: Context, name: string, bits: number): number {
  const unsigned = name.endsWith('.probabilities');
  const format = uniform(bits, !unsigned);
  const { distributions } = context.observations.details();
  const { values = [], counts = [] } = distributions.get(name) ?? {};
  const { low, high } = rangeOf(format);
  const affine = unsigned
    ? { scale: 1 / high, zeroPoint: 0 }
    : observed(context, name, context.method.range, format);
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < values.length; i++) {
    const [x, count] = [values[i] as number, counts[i] as number];
    const code = quantizeAffine(x, affine, low, high);
    signal += count * x * x;
    noise += count * (x - (code - affine.zeroPoint) * affine.scale) ** 2;
  }
  return signal > 0 ? noise / signal : 0;
}
