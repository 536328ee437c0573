export * from './apply.ts';
export * from './read.ts';
export * from './write.ts';
