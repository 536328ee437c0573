import type { Board } from '../boards/index.ts';
import { BUDGET } from '../plan/budget.ts';
import type { ResourceEstimate } from '../plan/resources.ts';
import type { Binding } from './types.ts';

/**
 * What an engine takes the largest share of, of what a plan may take of a board. A plan fits when
 * that share is at most 1; then it passes the planner's own test, which asks the same.
 */
export function bindingOf(need: ResourceEstimate, { resources, ...board }: Board): Binding {
  const entries: (readonly [Binding['resource'], number, number])[] = [
    ['lut', need.lut, resources.lut],
    ['dsp', need.dsp, resources.dsp],
    ...(board.lutInputs === 6
      ? ([
          ['bram36', need.bram36, resources.bram36],
          ['uram', need.uram, resources.uram],
        ] as const)
      : ([['memory', need.memoryBits, board.memoryBits]] as const)),
  ];
  const all = entries.map(([resource, needed, has]) => {
    const budget = BUDGET * has;
    const share = needed === 0 ? 0 : needed / budget;
    return { resource, need: needed, budget, share };
  });
  return all.reduce((most, one) => (one.share > most.share ? one : most));
}
