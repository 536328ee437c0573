export * from './choose.ts';
export * from './engine.ts';
export * from './parameters.ts';
export * from './plan.ts';
export * from './program.ts';
