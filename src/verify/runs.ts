import { createRandom } from '../arithmetic/index.ts';
import type { Manifest } from '../emit/manifest.ts';
import type { RunSettings } from './plan-file.ts';

/** Fewer frames show neither two frames in flight nor a steady state. */
const LEAST_FRAMES = 3;
/** Frames of a run that is for measuring only. */
const MEASURED_FRAMES = 4;

/**
 * The runs of a simulation: the first one never stalls and measures; with `stalls` a second one
 * does. The images' results are those of the last run. In every run the first frame is broken off
 * by a reset in a cycle that the seed chooses.
 */
export function planRuns(
  { predicted }: Manifest,
  options: { readonly images: number; readonly stalls: boolean; readonly seed: number },
): RunSettings[] {
  const random = createRandom(options.seed);
  const all = Math.max(LEAST_FRAMES, options.images);
  const settings = (frames: number, stalls: boolean): RunSettings => ({
    frames,
    stalls,
    seed: random.nextUint32(),
    reset: {
      at: random.nextInt(1, Math.max(1, predicted.latencyCycles)),
      cycles: random.nextInt(2, 9),
    },
  });
  return options.stalls
    ? [settings(Math.min(all, MEASURED_FRAMES), false), settings(all, true)]
    : [settings(all, false)];
}
