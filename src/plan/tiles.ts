import { type EngineShape, productsPerCycle } from './engine.ts';

const sides = [2, 4, 6, 8, 12, 16, 24, 32];

/**
 * The tiles that the planner tries, in order of size: sides of powers of two and three times powers
 * of two, near square.
 *
 * @param sideBySide the numbers of tokens side by side to try
 */
export function candidateTiles(sideBySide: readonly number[]): readonly EngineShape[] {
  const squares = sides.flatMap((inputs) =>
    sides.flatMap((outputs) => {
      const small = Math.min(inputs, outputs);
      const ratio = Math.max(inputs, outputs) / small;
      return ratio === 1 || ratio === 2 ? [{ inputs, outputs, small }] : [];
    }),
  );
  return squares
    .flatMap(({ inputs, outputs, small }) =>
      sideBySide.flatMap((tokens) =>
        [2, 4, 8, 16].flatMap((vector) =>
          small % vector === 0 && small % tokens === 0 ? [{ tokens, inputs, outputs, vector }] : [],
        ),
      ),
    )
    .sort((a, b) => productsPerCycle(a) - productsPerCycle(b) || a.vector - b.vector);
}

/** Lanes of the row-wise units for a tile: up to 4, dividing its smaller side. */
export function usualLanes(inputs: number, outputs: number): number {
  const small = Math.min(inputs, outputs);
  return [4, 3, 2].find((lanes) => small % lanes === 0) ?? 1;
}
