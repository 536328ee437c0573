export * from './layer-names.ts';
export * from './model.ts';
export * from './parameters.ts';
