import type { ResourceEstimate } from '../../plan/resources.ts';

/** What a plan is compared by. */
interface Measured {
  readonly cyclesPerFrame: number;
  readonly estimate: ResourceEstimate;
  readonly graph: number;
}

/** What a plan is better in the smaller it is. Graphs are in the order of their precision. */
export function measuresOf({ cyclesPerFrame, estimate, graph }: Measured): readonly number[] {
  const { lut, dsp, bram36, uram, memoryBits } = estimate;
  return [cyclesPerFrame, graph, lut, dsp, bram36, uram, memoryBits];
}

/** Numbers that `measuresOf` gives. */
export const MEASURES = 7;
