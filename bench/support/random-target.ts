import type { Random } from '../../src/arithmetic/index.ts';
import type { Target } from '../../src/dsl/design.ts';
import { multiplierKinds } from '../../src/dsl/design.ts';
import { type ArrayStyle, arrayFits } from '../../src/plan/array.ts';
import type { EngineShape } from '../../src/plan/engine.ts';

type Tile = Pick<EngineShape, 'tokens' | 'inputs' | 'outputs' | 'vector'>;

export interface RandomTarget extends Target {
  readonly tile: Tile;
}

/** What is not drawn. */
export type FixedTarget = Pick<
  Target,
  'weights' | 'weightBus' | 'multipliers' | 'lutOutputs' | 'primitives'
> & {
  readonly tokens?: 1 | 2 | 4 | undefined;
};

export interface TargetNeeds {
  /** Products of one frame. */
  readonly products: number;
  /** Widest operands of the array: streamed codes as they are, stationary ones signed. */
  readonly aBits: number;
  readonly bBits: number;
  /** A small array, for checks that take long on a large one. */
  readonly small: boolean;
  /** For a simulator without external memory. */
  readonly onChip: boolean;
  readonly fixed: FixedTarget;
}

/** Tiles with an awkward side are as likely as the usual ones: most mistakes are made there. */
const TILES: readonly (readonly [inputs: number, outputs: number])[] = [
  [1, 4],
  [4, 1],
  [2, 2],
  [2, 6],
  [3, 3],
  [4, 4],
  [3, 9],
  [8, 4],
  [4, 8],
  [5, 5],
  [5, 10],
  [10, 5],
  [6, 12],
  [12, 6],
  [8, 8],
  [16, 4],
  [4, 16],
  [7, 14],
  [12, 12],
  [8, 32],
  [32, 8],
  [16, 16],
];

/** At most so many products of a frame for each multiplier: about the cycles of a frame. */
const MOST_CYCLES = 250_000;
const MOST_CYCLES_SMALL = 30_000;
/** For Icarus Verilog, which has no external memory either. */
const MOST_CYCLES_ICARUS = 5_000;
const LARGEST_ARRAY = 512;
const LARGEST_SMALL_ARRAY = 64;

export function randomTarget({ nextInt }: Random, needs: TargetNeeds): RandomTarget {
  const { products, small, onChip, fixed } = needs;
  const pick = <T>(items: readonly T[]) => items[nextInt(0, items.length - 1)] as T;
  const most = onChip ? MOST_CYCLES_ICARUS : small ? MOST_CYCLES_SMALL : MOST_CYCLES;
  const largest = small ? LARGEST_SMALL_ARRAY : LARGEST_ARRAY;
  const tokens = fixed.tokens ?? pick([1, 1, 2, 2, 4] as const);
  const legal = TILES.filter(
    ([i, o]) => Math.min(i, o) % tokens === 0 && tokens * i * o <= largest,
  );
  const quick = legal.filter(([i, o]) => products / (tokens * i * o) <= most);
  const [inputs, outputs] = pick(quick.length > 0 ? quick : legal.slice(-1));
  const side = Math.min(inputs, outputs);
  const vector = pick([1, 2, 3, 4, 5, 6, 8].filter((n) => side % n === 0));
  const tile = { tokens, inputs, outputs, vector };
  // Absent: on chip, since all these weights fit.
  const weights = onChip
    ? 'onChip'
    : (fixed.weights ?? pick(['external', 'external', 'onChip', undefined] as const));
  const weightBus = fixed.weightBus ?? pick([64, 128, 256, 512, undefined] as const);
  const multipliers = fixed.multipliers ?? pick([...legalKinds(needs, tile), undefined]);
  // Now and then some of the outputs on LUTs.
  const lutOutputs =
    fixed.lutOutputs ??
    (multipliers && multipliers !== 'lut' && outputs > 1 && nextInt(0, 3) === 0
      ? nextInt(0, 1) === 0
        ? nextInt(1, outputs - 1)
        : outputs - pick([...partsOf(tile), 1])
      : 0);
  const packed = multipliers === 'double' || multipliers === 'quad';
  const primitives = fixed.primitives ?? (packed && nextInt(0, 1) === 1);
  const parameters = weights === 'external' ? pick(['onChip', 'external'] as const) : undefined;
  return {
    // The larger board for arrays and vectors that would crowd the smaller one.
    board: tokens * inputs * outputs > 64 ? 'vck190' : 'zcu102',
    tile,
    ...(weights && { weights }),
    ...(weights === 'external' && weightBus && { weightBus }),
    ...(parameters && { parameters }),
    ...(multipliers && { multipliers }),
    ...(lutOutputs > 0 && { lutOutputs }),
    ...(packed && { primitives }),
  };
}

/** Outputs that can be left to keys and values, where the others multiply weights alone. */
export function partsOf({ tokens, outputs, vector }: Tile): readonly number[] {
  const all = Array.from({ length: outputs - 1 }, (_, i) => i + 1);
  return all.filter((n) => [outputs % n, n % tokens, n % vector].every((rest) => rest === 0));
}

/** Multipliers that operands of so many bits allow. */
function legalKinds({ aBits, bBits }: TargetNeeds, tile: Tile) {
  return multiplierKinds.filter((_, style) =>
    arrayFits({ ...tile, aBits, bBits, style: style as ArrayStyle, cell: 0 }),
  );
}

/** `2x8x4/2`: tokens, inputs and outputs, and lanes of the vector units. */
export function tileText({ tokens, inputs, outputs, vector }: Tile): string {
  return `${tokens}x${inputs}x${outputs}/${vector}`;
}

/**
 * `axi64 quad+` for external weights and instances of the DSP primitive, `axi64p` for the parameters of
 * channels beside them; `auto` left to the planner.
 */
export function settingsText(target: Target): string {
  const { weights, weightBus, parameters, multipliers, primitives, lutOutputs, lutOperands } =
    target;
  const bus = `axi${weightBus ?? 128}${parameters === 'external' ? 'p' : ''}`;
  const memory = weights === 'external' ? bus : (weights ?? 'auto');
  return `${memory} ${multipliers ?? 'auto'}${primitives ? '+' : ''}${lutOutputs ? `/${lutOutputs}lut` : ''}${lutOperands === 'weights' ? ' for weights' : ''}`;
}
