import { type Job, type Logits, prepareNetwork } from './job.ts';

/** A runner of jobs that keeps the network of the last one ready. */
export function createRunner(): (job: Job) => Logits {
  let last: { readonly key: string; readonly run: ReturnType<typeof prepareNetwork> } | undefined;
  return ({ key, network, images }) => {
    if (last?.key !== key) last = { key, run: prepareNetwork(network) };
    const { run } = last;
    return images.map((pixels) => Array.from(run(pixels)));
  };
}

/** One job in a worker thread. */
export const runJob = createRunner();
