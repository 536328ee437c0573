export { type AllocatorName, allocatorNames } from './allocate/names.ts';
export * from './explore.ts';
export * from './front.ts';
export type { RefusedBits } from './graphs/prepare.ts';
export type { ExploreOptions } from './options.ts';
export * from './plan-file/index.ts';
export { bitsName } from './space.ts';
export * from './types.ts';
export * from './verify.ts';
