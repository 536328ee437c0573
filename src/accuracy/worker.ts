import { type Classify, type Job, type Logits, prepareNetwork } from './job.ts';

/** A runner of jobs that keeps the network of the last one ready. */
export function createRunner(): (job: Job) => Promise<Logits> {
  let last: { readonly key: string; readonly classify: Promise<Classify> } | undefined;
  return async ({ key, network, images }) => {
    if (last?.key !== key) last = { key, classify: prepareNetwork(network) };
    const classify = await last.classify;
    const logits: number[][] = [];
    for (const pixels of images) logits.push(Array.from(await classify(pixels)));
    return logits;
  };
}

/** One job in a worker thread. */
export const runJob = createRunner();
