import type { Board } from '../boards/index.ts';
import { DiagnosticsError, type Place } from '../diagnostics/index.ts';
import { type Model, parameterShapes } from '../model/index.ts';

/**
 * Refuses a model whose weights alone are larger than the board's memory, before time is spent on
 * quantizing it. Throws `DiagnosticsError` VT414.
 *
 * @param bits bits of a weight
 */
export function checkWeightsFit(
  model: Model,
  bits: number,
  board: Board,
  place: Place | undefined,
): void {
  let weights = 0;
  for (const [path, shape] of parameterShapes(model)) {
    if (shape.length === 2 && path !== 'positionEmbedding') {
      weights += shape.reduce((product, n) => product * n, 1);
    }
  }
  const need = weights * bits;
  if (need <= board.memoryBits) return;
  const kbit = (n: number) => `${Math.ceil(n / 1024)} kbit`;
  throw new DiagnosticsError([
    {
      code: 'VT414',
      message: `The ${weights} weights of ${model.name} take ${kbit(need)} at ${bits} bits, and ${board.name} has ${kbit(board.memoryBits)} of memory that can start with contents.`,
      hint: 'All weights lie on chip: a larger board, fewer bits, or a narrower model would do.',
      place,
    },
  ]);
}
