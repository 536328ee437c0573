export * from './report.ts';
export * from './synthesize.ts';
