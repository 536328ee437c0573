import { workerData } from 'piscina';
import type { CheckedGraph } from '../../check/index.ts';
import { createRunner, type Task } from './task.ts';

const run = createRunner((workerData as { graphs: readonly CheckedGraph[] }).graphs);

/** One task in a worker thread. */
export const runTask = (task: Task) => run(task);
