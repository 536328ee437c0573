export * from './calibrate.ts';
export * from './float-model.ts';
export * from './gelu.ts';
export * from './quantize.ts';
