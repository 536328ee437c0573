import { z } from 'zod';
import { type MultiplierKind, multiplierKinds } from './design.ts';
import { codes, list, nearestDivisors } from './faults.ts';
import { issue, oneOf, positive, setting, whole } from './settings.ts';
import type { Count, Positive, TileOutputs, TileTokens, TileVector } from './types/checks.ts';

/** Where the accelerator is to run, and how fast. */
export interface TargetSettings<
  Fps extends number,
  Clock extends number,
  Inputs extends number,
  Outputs extends number,
  Vector extends number,
  Tokens extends number,
> {
  /** Name of a board that Vitrum knows, or a path to a board file. */
  board: string;
  /** Frames per second to reach; as many as the board gives unless given. */
  fps?: Positive<'fps', Fps> | undefined;
  /** The board's own unless given. */
  clockMHz?: Positive<'clockMHz', Clock> | undefined;
  /** Where the weights lie: on chip if they fit, in external memory otherwise, unless given. */
  weights?: 'onChip' | 'external' | undefined;
  /** Bits of the AXI4 bus to external weights, 128 unless given. */
  weightBus?: 64 | 128 | 256 | 512 | undefined;
  /**
   * Where the bias and the multiplier of every output channel lie when weights are external: on chip
   * if block RAM is left for them, in external memory otherwise, unless given.
   */
  parameters?: 'onChip' | 'external' | undefined;
  /**
   * How the array makes its products: a multiplier each, two or four of them in one DSP (four of
   * operands of at most 4 bits), or on LUTs. The planner takes what the board has most of unless given.
   */
  multipliers?: MultiplierKind | undefined;
  /**
   * Outputs of the tile, the last ones, whose products are on LUTs while the others are as
   * `multipliers` says: for arrays larger than the DSPs of a board. The planner chooses unless given.
   */
  lutOutputs?: number | undefined;
  /**
   * What those outputs multiply: `all` operands as the others do, or `weights` alone, in their bits.
   * Products of an attention then have the other outputs, a part of the tile that divides it: for
   * weights of few bits beside activations of many. `all` unless given.
   */
  lutOperands?: 'all' | 'weights' | undefined;
  /** Instances of the DSP48E2 instead of portable Verilog; for `double` and `quad`. */
  primitives?: boolean | undefined;
  /** Fixes the multiplier array; the planner chooses it unless given. */
  tile?:
    | {
        /** Tokens that pass the tile side by side (TP), 1 unless given; divides both sides. */
        tokens?: TileTokens<Tokens, Inputs, Outputs> | undefined;
        /** Input channels multiplied per cycle (TI). */
        inputs: Count<'inputs', Inputs>;
        /** Output channels per cycle (TO); one of the two divides the other. */
        outputs: TileOutputs<Inputs, Outputs>;
        /** Lanes of LayerNorm and softmax; divides both. */
        vector?: TileVector<Vector, Inputs, Outputs> | undefined;
      }
    | undefined;
}

const largestTile = 1024;

const tile = z
  .strictObject({
    tokens: whole(1, 16).optional(),
    inputs: whole(1, largestTile),
    outputs: whole(1, largestTile),
    vector: whole(1, largestTile).optional(),
  })
  .check((context) => {
    const { tokens, inputs, outputs, vector } = context.value;
    const input = context.value;
    const [small, large] = inputs < outputs ? [inputs, outputs] : [outputs, inputs];
    if (large % small !== 0) {
      const message = `A tile of ${inputs} inputs and ${outputs} outputs: neither divides the other.`;
      const hint = `For ${inputs} inputs, ${list(outputsFor(inputs, outputs))} outputs are legal.`;
      context.issues.push({ ...issue(codes.tile, ['outputs'], message, hint), input });
    } else if (tokens !== undefined && small % tokens !== 0) {
      const message = `${tokens} tokens side by side do not divide the tile ${inputs}x${outputs}.`;
      const hint = `Legal: ${list(nearestDivisors(small, tokens))}.`;
      context.issues.push({ ...issue(codes.tile, ['tokens'], message, hint), input });
    } else if (vector !== undefined && small % vector !== 0) {
      const message = `A vector of ${vector} lanes does not divide the tile ${inputs}x${outputs}.`;
      const hint = `Legal: ${list(nearestDivisors(small, vector))}.`;
      context.issues.push({ ...issue(codes.tile, ['vector'], message, hint), input });
    }
  });

/** Legal outputs near those asked for: divisors of `inputs` and its multiples on both sides. */
function outputsFor(inputs: number, near: number): readonly number[] {
  const below = Math.max(1, Math.floor(near / inputs)) * inputs;
  const multiples = [below, below + inputs].filter((n) => n <= largestTile);
  const divisors = near < inputs ? nearestDivisors(inputs, near, 3) : [];
  return [...new Set([...divisors, ...multiples])].sort((a, b) => a - b);
}

const boardName = (v: unknown) => typeof v === 'string' && v.length > 0;

export const targetSchema = z.strictObject({
  board: setting<string>("a board's name, or a path to a board file", boardName),
  fps: positive(1e7).optional(),
  clockMHz: positive(1000).optional(),
  weights: oneOf('onChip', 'external').optional(),
  weightBus: setting<64 | 128 | 256 | 512>(
    '64, 128, 256 or 512',
    (v) => v === 64 || v === 128 || v === 256 || v === 512,
  ).optional(),
  parameters: oneOf('onChip', 'external').optional(),
  multipliers: oneOf(...multiplierKinds).optional(),
  lutOutputs: whole(0, largestTile).optional(),
  lutOperands: oneOf('all', 'weights').optional(),
  primitives: setting<boolean>('true or false', (v) => typeof v === 'boolean').optional(),
  tile: tile.optional(),
});
