import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { CheckedGraph } from '../../check/index.ts';
import { keyOf, type Store } from '../../tools/store.ts';
import { createRunner, type Row, type Task, type TaskResult, type TileResult } from './task.ts';

/** Runs tasks on all cores, and takes from the store what an earlier run has done. */
export interface TaskPool {
  run<T extends Task>(
    task: T,
  ): Promise<{ readonly result: TaskResult<T>; readonly stored: boolean }>;
  readonly workers: number;
  close(): Promise<void>;
}

/**
 * @param key stands for the graphs and for the version of what works them out
 * @param workers threads; with one the tasks run in this thread
 */
export function createPool(
  graphs: readonly CheckedGraph[],
  key: string,
  store: Store,
  workers = availableParallelism(),
): TaskPool {
  let pool: Piscina<Task, TileResult | Row> | undefined;
  let local: ReturnType<typeof createRunner> | undefined;
  const work = (task: Task): TileResult | Row | Promise<TileResult | Row> => {
    if (workers < 2) {
      local ??= createRunner(graphs);
      return local(task);
    }
    pool ??= new Piscina<Task, TileResult | Row>({
      filename: fileURLToPath(new URL('./worker.mjs', import.meta.url)),
      minThreads: workers,
      maxThreads: workers,
      workerData: { graphs },
      // Loaders of this thread are not the worker's: it brings its own.
      execArgv: [],
    });
    return pool.run(task);
  };
  return Object.freeze({
    workers,
    async run<T extends Task>(task: T) {
      const own = keyOf('explore', key, task);
      const found = store.read(own) as TaskResult<T> | undefined;
      if (found !== undefined) return { result: found, stored: true };
      const result = (await work(task)) as TaskResult<T>;
      store.write(own, result);
      return { result, stored: false };
    },
    close: async () => pool?.destroy(),
  });
}

/** Runs something on every item, as many at a time as there are workers, in the order of the items. */
export async function forEachOf<T>(
  items: Iterable<T>,
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const runner = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  // One more than there are workers, so that none waits for this thread.
  await Promise.all(Array.from({ length: workers + 1 }, runner));
}
