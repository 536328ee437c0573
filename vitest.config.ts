import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Some tests start a compiler or another process: on a busy machine they take many times as long.
export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Vitest 3.2 leaves a core free, which on two cores is half of the machine.
    maxWorkers: availableParallelism(),
    minWorkers: 1,
  },
});
