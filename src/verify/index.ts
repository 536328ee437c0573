export { type IcarusReport, simulateIcarus } from './icarus.ts';
export { type LintReport, lint } from './lint.ts';
export type { FirstMismatch, SimReport, SimulatedFrame, SimulateOptions } from './report.ts';
export { simulate, simulationSteps } from './simulate.ts';
