import { join } from 'node:path';
import { imagesOf } from '../../accuracy/design.ts';
import { openStore } from '../../accuracy/index.ts';
import type { Design, QuantSettings } from '../../dsl/design.ts';
import type { Observations } from '../../quantize/index.ts';
import { cacheFolder } from '../../verify/cache.ts';
import {
  type AccuracyModel,
  createProbe,
  foldedOnce,
  measureSensitivity,
  type Probe,
  proxySensitivity,
} from '../accuracy/index.ts';

export interface SensitivityRequest {
  readonly design: Design;
  readonly folder: string;
  /** The calibration of the design. */
  readonly observed: Observations;
  /** Settings from which single layers differ. */
  readonly settings: QuantSettings;
  /** Bits of weights to try. */
  readonly widths: readonly number[];
  /** Images to run. */
  readonly images: number;
  readonly workers?: number | undefined;
  readonly storeFolder?: string | undefined;
}

/**
 * How the bits of single layers change the output: measured on images that were not calibrated with,
 * or a proxy where the design has noise for images. The probe runs whole configurations; it is null
 * for a proxy, and is closed by who asked.
 */
export async function sensitivitiesOf(
  request: SensitivityRequest,
): Promise<{ readonly model: AccuracyModel; readonly probe: Probe | null }> {
  const { design, folder, observed, widths, images, workers, storeFolder } = request;
  const { observations, settings } = foldedOnce(observed, request.settings);
  const options = { settings, weights: widths };
  if (design.calibration.kind === 'random') {
    return { model: proxySensitivity(observations, options), probe: null };
  }
  const probe = createProbe(
    { observations, images: imagesOf(design, { count: images }, folder) },
    { store: openStore(join(storeFolder ?? cacheFolder(), 'accuracy')), workers },
  );
  try {
    return { model: await measureSensitivity(probe, observations, options), probe };
  } catch (error) {
    await probe.close();
    throw error;
  }
}
