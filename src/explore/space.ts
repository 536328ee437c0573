import type { Board } from '../boards/index.ts';
import type { MultiplierKind, Target } from '../dsl/design.ts';
import { type TileGroup, tilesWithin } from '../plan/tiles.ts';
import { rowsName } from './row-kinds.ts';
import type { PlanBits, WeightBus } from './types.ts';

/** What is searched over, beside tiles. */
export interface SpaceOptions {
  readonly clocksMHz: readonly number[];
  readonly multipliers: readonly MultiplierKind[];
  readonly primitives: readonly boolean[];
  /** Outputs on LUTs while the others are on DSPs; null: any number of them. */
  readonly lutOutputs: number | null;
  /** What these multiply; null: either. */
  readonly lutOperands: Target['lutOperands'] | null;
  readonly onChip: boolean;
  /** None where the board has no external memory. */
  readonly buses: readonly WeightBus[];
}

export const BUSES: readonly WeightBus[] = [64, 128, 256, 512];

const SIDES = [2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96];
const LANES = [2, 4, 8, 16, 32];
const TOKENS = [1, 2, 4];
/** Sides further apart waste more at the edges of some product than they save at others. */
const FARTHEST_SIDES = 4;

/**
 * The tiles of the space in order of size: sides of powers of two and three times powers of two.
 *
 * @param alone whether the graph reads tokens one by one, so that none lie side by side
 */
export function tileGroups(alone: boolean): readonly TileGroup[] {
  return tilesWithin({
    ...{ sides: SIDES, farthest: FARTHEST_SIDES, lanes: LANES },
    tokens: alone ? [1] : TOKENS,
  });
}

/** Whether the fabric of a board reaches a memory over AXI4. */
export function hasExternalMemory({ family }: Board): boolean {
  return family === 'xcup' || family === 'xc7';
}

/** Bits that are tried where the user names none, the most precise first. */
export const USUAL_BITS: readonly (readonly [weights: number, activations: number])[] = [
  [8, 8],
  [6, 8],
  [4, 8],
  [6, 6],
  [4, 6],
  [5, 5],
  [4, 4],
  [3, 4],
  [3, 3],
];

/**
 * The order of precision where no accuracy is known: by bits of activations and of a weight on the
 * average together, of equal sums the one with more for activations, which lose more by a bit.
 */
export function precisionOf(bits: PlanBits | null): number {
  return bits ? 16 * (meanWeightBits(bits) + bits.activations) + bits.activations : 0;
}

function meanWeightBits({ weights, rows }: PlanBits): number {
  return rows ? weights + (rows.outputs / rows.of) * (rows.bits - weights) : weights;
}

/** `W4A8`, or `W8A8(1/2 F4)` where half of the rows have fixed point of 4 bits. */
export function bitsName(bits: PlanBits | null): string {
  if (!bits) return 'as given';
  const { weights, activations, rows } = bits;
  return `W${weights}A${activations}${rows ? `(${rowsName(rows)})` : ''}`;
}
