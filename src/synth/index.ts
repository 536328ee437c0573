export * from './report.ts';
export * from './synthesize.ts';
export * from './units/groups.ts';
