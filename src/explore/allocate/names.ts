/** Ways to choose the bits of layers; docs/precision.md explains each. */
export const allocatorNames = ['uniform', 'vaqf', 'hawq-v3', 'greedy', 'pareto'] as const;
export type AllocatorName = (typeof allocatorNames)[number];
