export * from './configuration.ts';
export * from './output-error.ts';
export * from './plan-accuracy.ts';
export * from './probe.ts';
export * from './proxy.ts';
export * from './sensitivity.ts';
