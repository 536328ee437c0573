import { check } from '../check/index.ts';
import type { QuantSettings } from '../dsl/design.ts';
import { type LabelledImage, splitImages } from '../images/index.ts';
import { type Observations, quantizeObserved } from '../quantize/index.ts';
import { type RunStep, stepper } from '../tools/index.ts';
import { createClassifier } from './classify.ts';
import type { Logits } from './job.ts';
import { agreementOf, type Score, scoreOf } from './scores.ts';
import { type LayerNoise, signalToNoise, worstLayer } from './signal-to-noise.ts';
import { keyOf, type Store, sourcesOf } from './store.ts';

/** One way to quantize. */
export interface Candidate {
  readonly name: string;
  readonly settings: QuantSettings;
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
  readonly float: Score;
  readonly methods: readonly MethodAccuracy[];
}

export interface AccuracyRequest {
  /** Of the float model on the calibration images. */
  readonly observations: Observations;
  readonly images: readonly LabelledImage[];
  readonly candidates: readonly Candidate[];
}

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
  { observations, images, candidates }: AccuracyRequest,
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
        classifier.classify(keyOf('float', network, sourcesOf('quantize')), () => ({
          kind: 'float',
          model,
          parameters,
        })),
      (logits) => shown(scoreOf(logits, labels)),
    );
    const floatScore = scoreOf(float, labels);
    const methods: MethodAccuracy[] = [];
    for (const { name, settings } of candidates) {
      const key = keyOf(settings, network, calibration, sourcesOf('quantize', 'golden'));
      const quantized = once(() => quantize(observations, settings));
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
    return { images: images.length, labelled, float: floatScore, methods };
  } finally {
    await classifier.close();
  }
}

function shown({ top1 }: Score): string {
  return top1 === null ? '' : `top-1 ${(100 * top1).toFixed(2)} %`;
}

/** `W4A8` */
export function bitsOf({ weights, activations }: QuantSettings): string {
  return `W${weights}A${activations}`;
}

function quantize(observations: Observations, settings: QuantSettings) {
  const quantized = quantizeObserved(observations, settings);
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
