import { check } from '../check/index.ts';
import type { QuantSettings } from '../dsl/design.ts';
import { type LabelledImage, splitImages } from '../images/index.ts';
import type { IntegerGraph } from '../ir/index.ts';
import { type Observations, type Quantized, quantizeObserved } from '../quantize/index.ts';
import { type RunStep, stepper } from '../tools/index.ts';
import { keyOf, type Store, sourcesOf } from '../tools/store.ts';
import { createClassifier } from './classify.ts';
import type { Logits, Network } from './job.ts';
import { agreementOf, type Score, scoreOf } from './scores.ts';
import { type LayerNoise, signalToNoise, worstLayer } from './signal-to-noise.ts';

/** One way to quantize. */
export interface Candidate {
  readonly name: string;
  readonly settings: QuantSettings;
  /** A graph that is quantized already; made by the settings when absent. */
  readonly graph?: (() => IntegerGraph) | undefined;
}

export interface MethodAccuracy extends Score {
  readonly name: string;
  /** `W4A8` */
  readonly bits: string;
  /** Share of images with the float model's class. */
  readonly agreement: number;
  readonly layers: readonly LayerNoise[];
  readonly worst: LayerNoise | undefined;
}

export interface Accuracy {
  readonly images: number;
  readonly labelled: number;
  /** What `float` is of. */
  readonly reference: string;
  readonly float: Score;
  readonly methods: readonly MethodAccuracy[];
}

/** What stands for the float model instead of Vitrum's own. */
export interface Reference {
  readonly name: string;
  /** The network, apart from its parameters, which are those of the observations. */
  readonly key: string;
  readonly network: Network;
}

export interface AccuracyRequest {
  /** Of the float model on the calibration images. */
  readonly observations: Observations;
  readonly images: readonly LabelledImage[];
  readonly candidates: readonly Candidate[];
  readonly reference?: Reference | undefined;
}

/** The name of the reference that is used unless another one is given. */
export const OWN_MODEL = "Vitrum's float model";

export interface AccuracyOptions {
  readonly store: Store;
  /** Threads at most; all cores when absent. */
  readonly workers?: number | undefined;
  /** Runs the float model and each candidate as a step. */
  readonly step?: RunStep | undefined;
  readonly onMethod?: ((method: MethodAccuracy, float: Score) => void) | undefined;
}

/** Images over which the noise of layers is measured, spread over all: sets are often sorted. */
const NOISE_IMAGES = 16;

/**
 * Float accuracy, then that of every candidate by the golden model, which the RTL equals. Everything
 * that was computed is kept in the store by its content, so a second run takes it from there.
 */
export async function measureAccuracy(
  { observations, images, candidates, reference }: AccuracyRequest,
  { store, workers, step = stepper(1 + candidates.length), onMethod = () => {} }: AccuracyOptions,
): Promise<Accuracy> {
  const pixels = images.map((image) => image.pixels);
  const labels = images.map((image) => image.label);
  const { model, parameters, images: calibration } = observations;
  const network = keyOf(model, parameters);
  const noiseImages = splitImages(pixels, NOISE_IMAGES).chosen;
  const classifier = createClassifier(pixels, store, workers);
  try {
    const float = await step(
      'float',
      () =>
        reference
          ? classifier.classify(keyOf('reference', reference.key, network), () => reference.network)
          : classifier.classify(keyOf('float', network, sourcesOf('quantize')), () => ({
              ...{ kind: 'float', model, parameters },
            })),
      (logits) => shown(scoreOf(logits, labels)),
    );
    const floatScore = scoreOf(float, labels);
    const methods: MethodAccuracy[] = [];
    for (const { name, settings, graph } of candidates) {
      const quantized = once(() => quantize(observations, settings, graph));
      const made = graph ? keyOf(quantized().graph) : keyOf(settings, network, calibration);
      const key = keyOf(made, sourcesOf('quantize', 'golden'));
      const logits = await step(
        `${name} ${bitsOf(settings)}`,
        () => classifier.classify(key, () => ({ kind: 'integer', graph: quantized().graph })),
        (found) => shown(scoreOf(found, labels)),
      );
      const layers = stored(store, keyOf('noise', key, noiseImages), () => {
        const { graph, parameters: folded } = quantized();
        return signalToNoise(model, folded, graph, noiseImages);
      });
      const method = methodOf(name, settings, logits, float, labels, layers);
      methods.push(method);
      onMethod(method, floatScore);
    }
    const labelled = labels.filter((label) => label !== undefined).length;
    const name = reference?.name ?? OWN_MODEL;
    return { images: images.length, labelled, reference: name, float: floatScore, methods };
  } finally {
    await classifier.close();
  }
}

function shown({ top1 }: Score): string {
  return top1 === null ? '' : `top-1 ${(100 * top1).toFixed(2)} %`;
}

/** `W4A8`, or that the bits are those of the weights file. */
export function bitsOf({ weights, activations, fromFile }: QuantSettings): string {
  return fromFile ? 'file' : `W${weights}A${activations}`;
}

function quantize(
  observations: Observations,
  settings: QuantSettings,
  graph: Candidate['graph'],
): Quantized {
  const quantized = graph
    ? { graph: graph(), parameters: observations.parameters }
    : quantizeObserved(observations, settings);
  check(quantized.graph);
  return quantized;
}

function methodOf(
  name: string,
  settings: QuantSettings,
  logits: Logits,
  float: Logits,
  labels: readonly (number | undefined)[],
  layers: readonly LayerNoise[],
): MethodAccuracy {
  return {
    name,
    bits: bitsOf(settings),
    ...scoreOf(logits, labels),
    agreement: agreementOf(logits, float),
    layers,
    worst: worstLayer(layers),
  };
}

function stored<T>(store: Store, key: string, make: () => T): T {
  const found = store.read(key) as T | undefined;
  if (found !== undefined) return found;
  const value = make();
  store.write(key, value);
  return value;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
