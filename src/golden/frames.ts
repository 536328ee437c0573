import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { IntegerGraph } from '../ir/index.ts';
import { type Frame, frameCodes } from './encode-image.ts';
import type { FrameWork } from './frame-worker.ts';
import { type GoldenTensors, goldenResult, type Keep, prepareGolden } from './golden.ts';

export interface FramesOptions {
  readonly keep?: Keep | undefined;
  /** Threads at most; all that the machine has when absent, 1 for none beside this one. */
  readonly workers?: number | undefined;
  /** Start the workers at once, however short the work. */
  readonly eager?: boolean | undefined;
}

/** A worker needs most of a second until it has loaded the model and V8 has compiled it. */
const TRIAL_MS = 250;
const WORTHWHILE_MS = 2000;

/**
 * Runs the golden model on many images and gives what `use` makes of each, in their order. `use`
 * is called once per image, in any order, and its tensors are free afterwards: so many frames need
 * the memory of few.
 *
 * The first images run in this thread, the rest in worker threads, one per core, when there is so
 * much of it that they pay. The codes are the same in either case. Throws the first error of a
 * worker or of `use`.
 */
export async function goldenFrames<T>(
  graph: IntegerGraph,
  images: readonly Frame[],
  use: (tensors: GoldenTensors, index: number) => T,
  { keep = 'all', workers = availableParallelism(), eager = false }: FramesOptions = {},
): Promise<T[]> {
  const golden = prepareGolden(graph, keep);
  const results: T[] = [];
  const started = performance.now();
  for (const [i, frame] of images.entries()) {
    const spent = performance.now() - started;
    const rest = images.length - i;
    const worthwhile = spent > TRIAL_MS && (spent / i) * rest > WORTHWHILE_MS;
    if (workers > 1 && rest > 1 && (eager || worthwhile)) {
      await runInWorkers({ graph, keep }, Math.min(workers, rest), images, i, (tensors, at) => {
        results[at] = use(tensors, at);
      });
      return results;
    }
    results.push(use(golden(frameCodes(graph.input, frame)), i));
  }
  return results;
}

/** The results of many images, as `goldenResult` gives them. */
export function goldenResults(
  graph: IntegerGraph,
  images: readonly Frame[],
  options: Omit<FramesOptions, 'keep'> = {},
): Promise<Int32Array[]> {
  const use = (tensors: GoldenTensors) => goldenResult(graph, tensors);
  return goldenFrames(graph, images, use, { ...options, keep: 'result' });
}

async function runInWorkers(
  workerData: FrameWork,
  workers: number,
  images: readonly Frame[],
  first: number,
  onFrame: (tensors: GoldenTensors, index: number) => void,
): Promise<void> {
  const pool = new Piscina<Frame, GoldenTensors>({
    filename: fileURLToPath(new URL('./frame-worker.mjs', import.meta.url)),
    minThreads: workers,
    maxThreads: workers,
    // Loaders of this thread are not the worker's: it brings its own.
    execArgv: [],
    workerData,
  });
  // A worker may also fail between two frames.
  const broken = new Promise<never>((_, reject) => pool.on('error', reject));
  let next = first;
  const runner = async () => {
    while (next < images.length) {
      const index = next++;
      onFrame(await pool.run(images[index]!), index);
    }
  };
  try {
    // One frame more than workers, so that none waits while this thread uses the one just made.
    const runners = Array.from({ length: workers + 1 }, runner);
    await Promise.race([Promise.all(runners), broken]);
  } finally {
    await pool.destroy();
  }
}
