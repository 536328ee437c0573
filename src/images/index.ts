export * from './decode.ts';
export * from './idx.ts';
export * from './image.ts';
export * from './mnist.ts';
export * from './random.ts';
export * from './samples.ts';
export * from './source.ts';
