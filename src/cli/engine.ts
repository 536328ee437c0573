import type { Engine } from './commands/contracts.ts';

/**
 * The real work behind the commands. Stages are imported when a command needs them, so that
 * `vitrum --help` does not load the compiler.
 */
export const engine: Engine = {
  build: () => Promise.reject(new Error('build is not connected to the compiler')),
  simulate: () => Promise.reject(new Error('sim is not connected to the bench')),
  synthesize: () => Promise.reject(new Error('synth is not connected to the compiler')),
  detectTools: async () => {
    const { detectTools, installCommand } = await import('../tools/index.ts');
    return detectTools((tool) => installCommand([tool]));
  },
};
