import { lossReport, memoryMap, occupancy, type Plan } from '../plan/index.ts';
import { engineParts } from '../plan/resources.ts';
import type { PlanDetails } from './types.ts';

/** What is worth knowing of one plan. */
export function detailsOf(plan: Plan): PlanDetails {
  const { parameters, board, cycles } = plan;
  return {
    losses: lossReport(occupancy(plan)),
    memories: memoryMap(parameters, board).memories,
    modules: engineParts(parameters, board).map(({ name, lut, ff, dsp, bram36, uram }) => ({
      name,
      need: { lut, ff, dsp, bram36, uram },
    })),
    parameters: parameters.parameterStream ? 'external' : 'onChip',
    framesInFlight: Math.ceil(cycles.latency / cycles.perFrame),
  };
}
