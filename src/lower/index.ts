export * from './descriptors.ts';
export * from './hardware.ts';
export * from './images.ts';
