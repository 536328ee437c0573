export * from './explore.ts';
export * from './front.ts';
export * from './plan-file/index.ts';
export type { RefusedBits } from './prepare.ts';
export { bitsName } from './space.ts';
export * from './types.ts';
export * from './verify.ts';
