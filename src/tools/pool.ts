/**
 * Runs `count` tasks, `limit` at a time, and hands over their results in order, each as soon as it
 * and all before it are done. A task that throws ends the pool: none is started after it, and its
 * error is thrown once those under way have ended.
 */
export async function runPool<T>(
  count: number,
  limit: number,
  task: (index: number) => Promise<T>,
  onResult: (result: T, index: number) => void,
): Promise<T[]> {
  const results: { readonly value: T }[] = [];
  let next = 0;
  let shown = 0;
  let failed = false;
  const worker = async () => {
    while (next < count && !failed) {
      const index = next++;
      try {
        results[index] = { value: await task(index) };
      } catch (error) {
        failed = true;
        throw error;
      }
      for (let done = results[shown]; done; done = results[shown]) onResult(done.value, shown++);
    }
  };
  const workers = Array.from({ length: Math.min(limit, count) }, worker);
  const outcomes = await Promise.allSettled(workers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return results.map(({ value }) => value);
}
