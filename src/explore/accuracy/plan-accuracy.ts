import { join } from 'node:path';
import { imagesOf } from '../../accuracy/design.ts';
import { openStore } from '../../accuracy/index.ts';
import type { Design, ImageSource, QuantSettings } from '../../dsl/design.ts';
import { loadImages } from '../../images/index.ts';
import { importWeights } from '../../import/index.ts';
import { createObservations, type Observations } from '../../quantize/index.ts';
import { cacheFolder } from '../../verify/cache.ts';
import { quantOf } from '../plan-file/index.ts';
import type { ExploredPlan, ExploreResult, PlanBits, PointAccuracy } from '../types.ts';
import { decibelsOf, type OutputError } from './output-error.ts';
import { createProbe } from './probe.ts';
import { proxySensitivity } from './proxy.ts';

export interface PlanAccuracyOptions {
  /** Images at most. */
  readonly count: number;
  /** Folder or file of images; absent means those of the design's own source. */
  readonly images?: string | undefined;
  readonly workers?: number | undefined;
  /** Folder for results; that of all caches when absent. */
  readonly storeFolder?: string | undefined;
  /** The calibration of the design, where it is there; it is made when absent. */
  readonly observations?: (() => Observations) | null | undefined;
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/**
 * A result whose plans have an accuracy: every choice of bits among them is run by the golden model
 * on images that were not calibrated with, or gets a proxy where a design has no images but noise.
 * Bits of a quantized file are left as they are. Throws `DiagnosticsError` for faults of images.
 */
export async function withAccuracy(
  result: ExploreResult,
  design: Design,
  folder: string,
  options: PlanAccuracyOptions,
): Promise<ExploreResult> {
  const { answer, front } = result;
  const plans: readonly ExploredPlan[] = [...(answer ? [answer] : []), ...front];
  const bits = new Map<string, PlanBits>();
  for (const { point } of plans) if (point.bits) bits.set(keyOf(point.bits), point.bits);
  if (bits.size === 0 || design.quant.fromFile) return result;
  const settings = [...bits.values()].map((own) => quantOf(design.quant, own));
  const found = await accuracies(design, folder, settings, options);
  const byBits = new Map([...bits.keys()].map((key, i) => [key, found[i] as PointAccuracy]));
  const added = <P extends ExploredPlan>(plan: P): P => {
    const { bits: own } = plan.point;
    const accuracy = own ? (byBits.get(keyOf(own)) ?? null) : null;
    return { ...plan, evaluation: { ...plan.evaluation, accuracy } };
  };
  return { ...result, answer: answer && added(answer), front: front.map(added) };
}

const keyOf = (bits: PlanBits) => JSON.stringify(bits);

async function accuracies(
  design: Design,
  folder: string,
  settings: readonly QuantSettings[],
  options: PlanAccuracyOptions,
): Promise<PointAccuracy[]> {
  const { count, images, workers, storeFolder, onProgress = () => {} } = options;
  const observations = options.observations?.() ?? observationsOf(design, folder);
  if (images === undefined && isNoise(design.calibration)) {
    return settings.map((own, i) => {
      onProgress(i + 1, settings.length);
      return proxyOf(observations, own);
    });
  }
  const probe = createProbe(
    { observations, images: imagesOf(design, { images, count }, folder) },
    { store: openStore(join(storeFolder ?? cacheFolder(), 'accuracy')), workers },
  );
  try {
    const errors = await probe.measure(settings, (done) => onProgress(done, settings.length));
    return errors.map((error) => accuracyOf(error, probe.images.length));
  } finally {
    await probe.close();
  }
}

function observationsOf(design: Design, folder: string): Observations {
  const { model, places } = design;
  const { parameters } = importWeights(model, design.weights, folder, false, places.weights);
  const calibration = loadImages(design.calibration, model, places.calibration, folder);
  return createObservations(model, parameters, calibration);
}

const isNoise = ({ kind }: ImageSource) => kind === 'random';

/** Top-1 where classes are known, else signal to noise of the logits. */
export function accuracyOf({ top1, noise }: OutputError, images: number): PointAccuracy {
  const how = 'measured';
  return top1 === null
    ? { metric: 'sqnr', value: decibelsOf(noise), how, images }
    : { metric: 'top1', value: top1, how, images };
}

function proxyOf(observations: Observations, settings: QuantSettings): PointAccuracy {
  const { base } = proxySensitivity(observations, { settings, weights: [] });
  return { metric: 'sqnr', value: decibelsOf(base), how: 'proxy', images: 0 };
}
