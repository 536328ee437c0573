export * from './model.ts';
export * from './parameters.ts';
