export * from './calibrate.ts';
export * from './float-model.ts';
export * from './gelu.ts';
export * from './layer-bits.ts';
export { narrowRows } from './mixed-rows.ts';
export { createObservations, type Observations } from './observations.ts';
export * from './quantize.ts';
