import { type EngineShape, productsPerCycle } from './engine.ts';

/** What tiles are made of. */
export interface TileRange {
  readonly sides: readonly number[];
  /** How many times the smaller side the larger one may be. */
  readonly farthest: number;
  /** Numbers of tokens side by side. */
  readonly tokens: readonly number[];
  /** Numbers of vector lanes. */
  readonly lanes: readonly number[];
}

/** A tile with the vector lanes that it can have. */
export interface TileGroup {
  readonly tokens: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly vectors: readonly number[];
}

/** What the planner tries: powers of two and three times powers of two, near square. */
const PLANNED = {
  sides: [2, 4, 6, 8, 12, 16, 24, 32],
  farthest: 2,
  lanes: [2, 4, 8, 16],
} as const;

/** All tiles of a range, in order of size: one side divides the other, tokens and lanes divide both. */
export function tilesWithin({ sides, farthest, tokens, lanes }: TileRange): readonly TileGroup[] {
  return sides
    .flatMap((inputs) => sides.map((outputs) => ({ inputs, outputs })))
    .flatMap(({ inputs, outputs }) => {
      const small = Math.min(inputs, outputs);
      const ratio = Math.max(inputs, outputs) / small;
      if (!Number.isInteger(ratio) || ratio > farthest) return [];
      const vectors = lanes.filter((n) => small % n === 0);
      return tokens
        .filter((n) => small % n === 0)
        .map((n) => ({ tokens: n, inputs, outputs, vectors }));
    })
    .sort((a, b) => productsPerCycle(a) - productsPerCycle(b) || a.inputs - b.inputs);
}

/** The shapes of a group, without multipliers. */
export function shapesOf({ vectors, ...tile }: TileGroup): readonly EngineShape[] {
  return vectors.map((vector) => ({ ...tile, vector }));
}

/**
 * The tiles that the planner tries, in order of size.
 *
 * @param tokens the numbers of tokens side by side to try
 */
export function candidateTiles(tokens: readonly number[]): readonly EngineShape[] {
  return tilesWithin({ ...PLANNED, tokens })
    .flatMap(shapesOf)
    .sort((a, b) => productsPerCycle(a) - productsPerCycle(b) || a.vector - b.vector);
}

/** Lanes of the row-wise units for a tile: up to 4, dividing its smaller side. */
export function usualLanes(inputs: number, outputs: number): number {
  const small = Math.min(inputs, outputs);
  return [4, 3, 2].find((lanes) => small % lanes === 0) ?? 1;
}
