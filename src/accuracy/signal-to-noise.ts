import { encodeImage, prepareGolden } from '../golden/index.ts';
import { EXPONENTS_SUFFIX, type IntegerGraph } from '../ir/index.ts';
import type { Model, Parameters } from '../model/index.ts';
import { runFloatModel } from '../quantize/index.ts';

/** Signal-to-noise ratio of a tensor of the integer graph against the float model's. */
export interface LayerNoise {
  readonly layer: string;
  /** `10 log10(sum x^2 / sum (x - s (q - z))^2)`; null for a tensor that is always exact. */
  readonly decibels: number | null;
}

/**
 * Of every tensor of the graph, in its order.
 *
 * @param parameters those that the graph was made from, after the folds
 */
export function signalToNoise(
  model: Model,
  parameters: Parameters,
  graph: IntegerGraph,
  images: readonly Uint8Array[],
): readonly LayerNoise[] {
  const golden = prepareGolden(graph);
  const sums = graph.nodes.map(({ output }) => ({ output, signal: 0, noise: 0 }));
  const byName = new Map(sums.map((sum) => [sum.output.name, sum]));
  for (const pixels of images) {
    const codes = golden(encodeImage(graph.input, pixels));
    runFloatModel(model, parameters, pixels, (name, data) => {
      const sum = byName.get(name);
      const own = codes.get(name);
      if (!sum || !own) return;
      const { scale, shape, zeroPoint = 0 } = sum.output;
      const exponents = codes.get(name + EXPONENTS_SUFFIX);
      const width = shape[1] ?? 1;
      const stepAt = (i: number) =>
        exponents ? scale * 2 ** -(exponents[Math.floor(i / width)] as number) : scale;
      // A graph computes no more rows than it needs: those of the float model beyond are left out.
      for (let i = 0; i < own.length; i++) {
        const x = data[i] as number;
        sum.signal += x * x;
        sum.noise += (x - ((own[i] as number) - zeroPoint) * stepAt(i)) ** 2;
      }
    });
  }
  return sums.map(({ output, signal, noise }) => ({
    layer: output.name,
    decibels: noise > 0 && signal > 0 ? 10 * Math.log10(signal / noise) : null,
  }));
}

/** The layer of the smallest ratio. */
export function worstLayer(layers: readonly LayerNoise[]): LayerNoise | undefined {
  return layers
    .filter(({ decibels }) => decibels !== null)
    .reduce<LayerNoise | undefined>(
      (worst, layer) =>
        !worst || (layer.decibels as number) < (worst.decibels as number) ? layer : worst,
      undefined,
    );
}
