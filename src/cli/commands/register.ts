import type { Context, Outcome } from './contracts.ts';

/** Runs a command's body, prints its outcome and keeps its exit code. */
export type RunCommand = (body: (context: Context) => Promise<Outcome>) => Promise<void>;
