import { encodeImage, type Golden, goldenResult, prepareGolden } from '../golden/index.ts';
import type { IntegerGraph } from '../ir/index.ts';
import type { ImageFormat, Model, Parameters } from '../model/index.ts';
import { runFloatModel } from '../quantize/index.ts';
import { prepareOnnx } from './onnxruntime.ts';

/** A network that classifies images: a file in ONNX Runtime, a model in floats, an integer graph. */
export type Network =
  | { readonly kind: 'onnx'; readonly file: string; readonly image: ImageFormat }
  | { readonly kind: 'float'; readonly model: Model; readonly parameters: Parameters }
  | { readonly kind: 'integer'; readonly graph: IntegerGraph };

/** A network that is ready: pixels to logits, real values or codes. */
export type Classify = (pixels: Uint8Array) => ArrayLike<number> | Promise<ArrayLike<number>>;

/** Makes a network ready for many images. */
export async function prepareNetwork(network: Network): Promise<Classify> {
  if (network.kind === 'onnx') return prepareOnnx(network.file, network.image);
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
