import type { Board } from '../../boards/index.ts';
import { BUDGET } from '../../plan/budget.ts';
import {
  type EngineParameters,
  type EngineShape,
  keyOutputs,
  type Latencies,
  latencies,
  type Multipliers,
} from '../../plan/index.ts';
import { multiplierParameters } from '../../plan/parameters.ts';
import { arrayPart, type EnginePart } from '../../plan/resources.ts';

/** A way to make the products of a tile, and the array that it makes. */
export interface ArrayKind {
  readonly multipliers: Multipliers;
  readonly latency: Latencies;
  readonly need: EnginePart;
  /** Outputs of a tile of keys or values. */
  readonly keys: number;
  /** Whether the array alone fits the board: where it does not, no plan with it does. */
  readonly fits: boolean;
}

/** Arrays on a board, each worked out once for all graphs that have operands of the same bits. */
export interface Arrays {
  get(tile: EngineShape, multipliers: Multipliers, parameters: EngineParameters): ArrayKind;
  /**
   * The array with the fewest outputs on LUTs, one at least, that takes no more than so many DSPs;
   * null where even a single output on DSPs takes more.
   */
  within(
    dsps: number,
    tile: EngineShape,
    multipliers: Multipliers,
    parameters: EngineParameters,
  ): ArrayKind | null;
}

export function createArrays(board: Board): Arrays {
  const kinds = new Map<string, ArrayKind>();
  const limited = new Map<string, ArrayKind | null>();
  const get: Arrays['get'] = (tile, multipliers, parameters) => {
    const { lutOutputs } = multipliers;
    const key = `${keyOf(tile, multipliers)} ${lutOutputs}`;
    const known = kinds.get(key);
    if (known) return known;
    const made = arrayKind(tile, multipliers, parameters, board);
    kinds.set(key, made);
    return made;
  };
  return {
    get,
    within(dsps, tile, multipliers, parameters) {
      const key = `${keyOf(tile, multipliers)} ${dsps}`;
      const known = limited.get(key);
      if (known !== undefined) return known;
      const withOnLuts = (lutOutputs: number) =>
        get(tile, { ...multipliers, lutOutputs }, parameters);
      // DSPs fall with every output on LUTs.
      let few = 1;
      let many = tile.outputs;
      while (few < many) {
        const middle = Math.floor((few + many) / 2);
        if (withOnLuts(middle).need.dsp <= dsps) many = middle;
        else few = middle + 1;
      }
      const made = few < tile.outputs ? withOnLuts(few) : null;
      limited.set(key, made);
      return made;
    },
  };
}

function keyOf(
  { tokens, inputs, outputs }: EngineShape,
  { style, cell, aBits, bBits, lutBits, lutPowers }: Multipliers,
): string {
  const alone = lutBits === undefined ? '' : `${lutBits} ${lutPowers}`;
  return `${tokens} ${inputs} ${outputs} ${style} ${cell} ${aBits} ${bBits} ${alone}`;
}

/**
 * The array of a tile as the planner's estimate has it. It depends on the sides of the tile, the
 * bits of the operands and the multipliers, and on nothing else of the parameters.
 */
function arrayKind(
  tile: EngineShape,
  multipliers: Multipliers,
  parameters: EngineParameters,
  board: Board,
): ArrayKind {
  const need = arrayPart(withMultipliers(parameters, tile, multipliers), board);
  const { lut, dsp } = board.resources;
  const fits = need.lut <= BUDGET * lut && (dsp === 0 || need.dsp <= BUDGET * dsp);
  const shape = { ...tile, multipliers };
  return { multipliers, latency: latencies(shape), need, keys: keyOutputs(shape), fits };
}

/** Parameters of an engine with the sides of a tile and multipliers in it. */
export function withMultipliers(
  parameters: EngineParameters,
  { tokens, inputs, outputs }: Pick<EngineShape, 'tokens' | 'inputs' | 'outputs'>,
  multipliers: Multipliers | undefined,
): EngineParameters {
  return {
    ...parameters,
    ...{ TP: tokens, TI: inputs, TO: outputs, WORD: Math.max(inputs, outputs) },
    ...multiplierParameters({ outputs, multipliers }),
  };
}
