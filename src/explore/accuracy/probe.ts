import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Job, Logits } from '../../accuracy/job.ts';
import { createRunner } from '../../accuracy/worker.ts';
import { check } from '../../check/index.ts';
import type { QuantSettings } from '../../dsl/design.ts';
import type { LabelledImage } from '../../images/index.ts';
import type { IntegerGraph } from '../../ir/index.ts';
import { type Observations, quantizeObserved, runFloatModel } from '../../quantize/index.ts';
import { keyOf, type Store, sourcesOf } from '../../tools/store.ts';
import { type OutputError, outputError } from './output-error.ts';

export interface ProbeRequest {
  /** Of the float model on the calibration images. */
  readonly observations: Observations;
  /** Images to measure on, their classes where they are known. */
  readonly images: readonly LabelledImage[];
}

export interface ProbeOptions {
  readonly store: Store;
  /** Threads at most; all cores when absent. */
  readonly workers?: number | undefined;
}

/** Runs a model at many settings on the same images. */
export interface Probe {
  readonly images: readonly LabelledImage[];
  /** Top-1 of the float model; null where no class is known. */
  floatTop1(): number | null;
  /** Of the golden model of each of the settings; from the store where it has them. */
  measure(all: readonly QuantSettings[], onDone?: (done: number) => void): Promise<OutputError[]>;
  close(): Promise<void>;
}

/**
 * A probe keeps each result by the content that it was made from, so that a run that was broken off
 * goes on, and runs each setting in a worker thread of its own.
 */
export function createProbe(
  { observations, images }: ProbeRequest,
  { store, workers = availableParallelism() }: ProbeOptions,
): Probe {
  const { model, parameters, images: calibration } = observations;
  const pixels = images.map((image) => image.pixels);
  const labels = images.map((image) => image.label);
  const float = once(() =>
    pixels.map((image) => Array.from(runFloatModel(model, parameters, image))),
  );
  const base = keyOf('probe', model, parameters, calibration, pixels, labels);
  const sources = sourcesOf('quantize', 'golden', 'explore/accuracy');
  const local = createRunner();
  let pool: Piscina<Job, Logits> | undefined;
  const run = (job: Job): Logits | Promise<Logits> => {
    if (workers < 2) return local(job);
    pool ??= createPool(workers);
    return pool.run(job);
  };
  const measureOne = async (settings: QuantSettings): Promise<OutputError> => {
    const key = keyOf(base, sources, settings);
    const known = store.read(key) as OutputError | undefined;
    if (known) return known;
    const { graph } = quantizeObserved(observations, settings);
    check(graph);
    const codes = await run({ key, network: { kind: 'integer', graph }, images: pixels });
    const error = outputError(float(), realLogits(graph, codes), labels);
    store.write(key, error);
    return error;
  };
  return Object.freeze({
    images,
    floatTop1: () => outputError(float(), float(), labels).top1,
    async measure(all: readonly QuantSettings[], onDone: (done: number) => void = () => {}) {
      const results: OutputError[] = [];
      let next = 0;
      let done = 0;
      const worker = async () => {
        while (next < all.length) {
          const index = next++;
          results[index] = await measureOne(all[index] as QuantSettings);
          onDone(++done);
        }
      };
      await Promise.all(Array.from({ length: Math.max(1, workers) }, worker));
      return results;
    },
    close: async () => pool?.destroy(),
  });
}

function createPool(threads: number): Piscina<Job, Logits> {
  return new Piscina<Job, Logits>({
    filename: fileURLToPath(new URL('../../accuracy/worker.mjs', import.meta.url)),
    ...{ minThreads: threads, maxThreads: threads },
    // Loaders of this thread are not the worker's: it brings its own.
    execArgv: [],
  });
}

function realLogits({ nodes }: IntegerGraph, codes: Logits): number[][] {
  const { scale = 1, zeroPoint = 0 } = nodes.at(-1)?.output ?? {};
  return codes.map((row) => row.map((code) => (code - zeroPoint) * scale));
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
