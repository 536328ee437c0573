import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { keyOf, type Store } from '../tools/store.ts';
import type { Job, Logits, Network } from './job.ts';
import { createRunner } from './worker.ts';

/** Images of one job: small enough that little is lost when a run is broken off. */
const CHUNK = 100;

export interface Classifier {
  /** Logits of all images, from the store where it has them. `key` stands for all that the network is made from. */
  classify(key: string, network: () => Network): Promise<Logits>;
  close(): Promise<void>;
}

/**
 * Classifies the same images by several networks, in worker threads when there are images for more
 * than one job, and in this thread otherwise. Throws the first error of a worker.
 */
export function createClassifier(
  images: readonly Uint8Array[],
  store: Store,
  workers = availableParallelism(),
): Classifier {
  const chunks = Array.from({ length: Math.ceil(images.length / CHUNK) }, (_, i) =>
    images.slice(i * CHUNK, (i + 1) * CHUNK),
  );
  const imageKeys = chunks.map((chunk) => keyOf(chunk));
  const threads = Math.min(workers, chunks.length);
  let pool: Piscina<Job, Logits> | undefined;
  const local = createRunner();
  const run = (job: Job): Promise<Logits> => {
    if (threads < 2) return local(job);
    pool ??= new Piscina<Job, Logits>({
      filename: fileURLToPath(new URL('./worker.mjs', import.meta.url)),
      minThreads: threads,
      maxThreads: threads,
      // Loaders of this thread are not the worker's: it brings its own.
      execArgv: [],
    });
    return pool.run(job);
  };
  return Object.freeze({
    async classify(key: string, network: () => Network) {
      const results: (Logits | undefined)[] = [];
      let made: Network | undefined;
      let next = 0;
      const runner = async () => {
        while (next < chunks.length) {
          const index = next++;
          const chunk = chunks[index] as Uint8Array[];
          const own = keyOf(key, imageKeys[index]);
          let logits = store.read(own) as Logits | undefined;
          if (!logits) {
            made ??= network();
            logits = await run({ key, network: made, images: chunk });
            store.write(own, logits);
          }
          results[index] = logits;
        }
      };
      await Promise.all(Array.from({ length: threads }, runner));
      return results.flatMap((logits) => logits ?? []);
    },
    close: async () => pool?.destroy(),
  });
}
