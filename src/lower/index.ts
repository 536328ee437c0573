export * from './constant-images.ts';
export * from './descriptors.ts';
export * from './hardware.ts';
export type { MemoryImage } from './memory-image.ts';
export * from './weight-images.ts';
