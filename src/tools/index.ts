export * from './catalog.ts';
export * from './run.ts';
export * from './steps.ts';
export * from './tool-error.ts';
export * from './versions.ts';
