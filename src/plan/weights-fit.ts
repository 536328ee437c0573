import type { Board } from '../boards/index.ts';
import { DiagnosticsError, type Place } from '../diagnostics/index.ts';
import type { Target } from '../dsl/design.ts';
import { type Model, parameterShapes } from '../model/index.ts';
import type { WeightPlace } from './plan-shape.ts';

/** On chip is tried first; external memory needs a board that has it, or the user's word. */
export function weightPlaces(
  board: Board,
  { weights, weightBus, parameters }: Target,
): WeightPlace[] {
  const external = { axiBits: weightBus ?? 128, parameters };
  if (weights === 'onChip') return ['onChip'];
  if (weights === 'external' || parameters === 'external') return [external];
  return hasExternal(board) ? ['onChip', external] : ['onChip'];
}

/** Boards whose fabric reaches a memory over AXI4. */
function hasExternal({ family }: Board): boolean {
  return family === 'xcup' || family === 'xc7';
}

/**
 * Refuses a model whose weights must lie on chip and are larger than the board's memory, before time
 * is spent on quantizing it. Throws `DiagnosticsError` VT414.
 *
 * @param bits bits of the weights of a layer, by its path
 */
export function checkWeightsFit(
  model: Model,
  bits: (layer: string) => number,
  board: Board,
  target: Target,
  place: Place | undefined,
): void {
  if (weightPlaces(board, target).some((where) => where !== 'onChip')) return;
  let weights = 0;
  let need = 0;
  for (const [path, shape] of parameterShapes(model)) {
    if (shape.length === 2 && path !== 'positionEmbedding') {
      const count = shape.reduce((product, n) => product * n, 1);
      weights += count;
      need += count * bits(path.replace(/\.weight$/, ''));
    }
  }
  if (need <= board.memoryBits) return;
  const kbit = (n: number) => `${Math.ceil(n / 1024)} kbit`;
  throw new DiagnosticsError([
    {
      code: 'VT414',
      message: `The ${weights} weights of ${model.name} take ${kbit(need)}, and ${board.name} has ${kbit(board.memoryBits)} of memory that can start with contents.`,
      hint: `All weights are to lie on chip: a larger board, fewer bits, a narrower model${hasExternal(board) ? ", or weights: 'external'" : ''} would do.`,
      place,
    },
  ]);
}
