export * from './choose.ts';
export type { IssueEvent, Wait } from './cycles.ts';
export { countCycles } from './cycles.ts';
export * from './engine.ts';
export * from './occupancy.ts';
export * from './parameters.ts';
export * from './plan.ts';
export * from './program.ts';
export * from './weights-fit.ts';
