import { type NumberFormat, rangeOf } from '../../ir/index.ts';
import type { Parameters } from '../../model/index.ts';
import type { Calibration, ChannelStatistics } from '../calibrate.ts';
import { parameter } from '../float-model.ts';
import type { Migration } from './migrate.ts';

/** Factors beyond these come from channels that are all but dead. */
const LARGEST_FACTOR = 1000;

export function bounded(factor: number): number {
  if (!(factor > 0) || !Number.isFinite(factor)) return 1;
  return Math.min(Math.max(factor, 1 / LARGEST_FACTOR), LARGEST_FACTOR);
}

export function channelsOf(calibration: Calibration, name: string): ChannelStatistics {
  const channels = calibration.get(name)?.channels;
  if (!channels) throw new Error(`the calibration saw no channels of ${name}`);
  return channels;
}

/** Largest magnitude of each channel. */
export function channelPeaks({ min, max }: ChannelStatistics): number[] {
  return Array.from(min, (low, c) => Math.max(Math.abs(low), Math.abs(max[c] as number)));
}

/** Largest magnitude of each column over several weights `[out, in]`. */
export function columnPeaks(parameters: Parameters, paths: readonly string[]): number[] {
  const peaks: number[] = [];
  for (const path of paths) {
    const { shape, data } = parameter(parameters, `${path}.weight`);
    const width = shape[1] ?? 1;
    for (let at = 0; at < data.length; at++) {
      const c = at % width;
      peaks[c] = Math.max(peaks[c] ?? 0, Math.abs(data[at] as number));
    }
  }
  return peaks;
}

/** SmoothQuant: `max|x|^alpha / max|W|^(1-alpha)` per channel (arXiv 2211.10438, equation 4). */
export function smoothing(
  alpha: number,
  channels: ChannelStatistics,
  weightPeaks: readonly number[],
): Migration {
  const factors = channelPeaks(channels).map((peak, c) => {
    const weight = weightPeaks[c] as number;
    return peak > 0 && weight > 0 ? bounded(peak ** alpha / weight ** (1 - alpha)) : 1;
  });
  return { factors };
}

/**
 * RepQ-ViT: every channel's own asymmetric quantizer `s, z` becomes that of the means
 * (arXiv 2212.08254, equation 10). The mean zero point is whole and a code.
 */
export function reparametrization(
  { min, max }: ChannelStatistics,
  format: NumberFormat,
): Migration {
  const { low, high } = rangeOf(format);
  const steps = Array.from(min, (m, c) => ((max[c] as number) - m) / (high - low));
  const live = steps.map((_, c) => c).filter((c) => (steps[c] as number) > 0);
  if (live.length === 0) return { factors: steps.map(() => 1) };
  const zeros = steps.map((s, c) => (s > 0 ? low - (min[c] as number) / s : 0));
  const mean = (values: readonly number[]) =>
    live.reduce((sum, c) => sum + (values[c] as number), 0) / live.length;
  const step = mean(steps);
  const zero = Math.min(Math.max(Math.round(mean(zeros)), low), high);
  return {
    factors: steps.map((s) => (s > 0 ? bounded(s / step) : 1)),
    shifts: steps.map((s, c) => s * ((zeros[c] as number) - zero)),
  };
}
