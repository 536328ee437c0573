import { encodeImage, type Golden, goldenResult, prepareGolden } from '../golden/index.ts';
import type { IntegerGraph } from '../ir/index.ts';
import type { Model, Parameters } from '../model/index.ts';
import { runFloatModel } from '../quantize/index.ts';

/** A network that classifies images: in floating point, or as an integer graph. */
export type Network =
  | { readonly kind: 'float'; readonly model: Model; readonly parameters: Parameters }
  | { readonly kind: 'integer'; readonly graph: IntegerGraph };

/** Makes a network ready for many images: pixels to logits, real values or codes. */
export function prepareNetwork(network: Network): (pixels: Uint8Array) => ArrayLike<number> {
  if (network.kind === 'float') {
    const { model, parameters } = network;
    return (pixels) => runFloatModel(model, parameters, pixels);
  }
  const { graph } = network;
  const golden: Golden = prepareGolden(graph, 'result');
  return (pixels) => goldenResult(graph, golden(encodeImage(graph.input, pixels)));
}

/** A share of the images for one network; `key` tells networks apart. */
export interface Job {
  readonly key: string;
  readonly network: Network;
  readonly images: readonly Uint8Array[];
}

/** Logits `[images][classes]`. */
export type Logits = readonly (readonly number[])[];
