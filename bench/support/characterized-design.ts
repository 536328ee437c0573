import type { Random } from '../../src/arithmetic/index.ts';
import { multiplierKinds } from '../../src/dsl/design.ts';
import {
  attention,
  type Design,
  design,
  encoder,
  gelu,
  layerNorm,
  linear,
  noise,
  quant,
  random,
  relu,
  residual,
} from '../../src/index.ts';
import { type ArrayStyle, arrayFits } from '../../src/plan/array.ts';
import { caseRandom } from './random-design.ts';

/** Designs from this one on choose steps per token. */
const FIRST_WITH_STEPS = 24;

/** A transformer with an engine of its own, of the kinds that a search tries. */
export interface CharacterizedDesign {
  readonly design: Design;
  /** What a reader needs to tell the designs apart. */
  readonly text: string;
}

/** Sides of tiles: powers of two and three times powers of two. */
const SIDES = [4, 6, 8, 12, 16, 24, 32] as const;
/** Products and outputs of a cycle: cells grow in proportion, and so does the time of Yosys. */
const LARGEST = { array: 256, outputs: 16 };

/**
 * Design `index` of a seed; from 24 on with steps per token. Of one or two blocks only: the cells do
 * not depend on how often an engine runs its program, except in the memories, which are mapped by
 * formula.
 */
export function characterizedDesign(seed: number, index: number): CharacterizedDesign {
  const rng = caseRandom(seed, index);
  const { nextInt } = rng;
  const pick = <T>(items: readonly T[]) => items[nextInt(0, items.length - 1)] as T;
  const name = `engine${index}`;
  const heads = pick([1, 2, 3] as const);
  const width = heads * pick([16, 24, 32]);
  const side = nextInt(2, 10);
  const patch = pick([4, 8]);
  const pooling = pick(['class', 'class', 'class', 'mean'] as const);
  const activation = pick([gelu, gelu, gelu, relu])();
  const hidden = width * pick([2, 4]);
  const classes = pick([10, 100]);
  const model = encoder(
    { image: side * patch, patch, channels: 3, width, classes, pooling },
    Array.from({ length: nextInt(1, 2) }, () => [
      residual(layerNorm(), attention({ heads })),
      residual(layerNorm(), linear(hidden), activation, linear(width)),
    ]).flat(),
  );
  const few = nextInt(0, 3) === 0;
  const weights = few ? nextInt(2, 4) : pick([8, 8, nextInt(4, 8)]);
  const activations = few ? nextInt(3, 4) : pick([8, nextInt(5, 8)]);
  const stream = pick([16, 16, 16, nextInt(10, 15)]);
  const target = randomTarget(rng, activations, Math.max(weights, activations));
  const { tokens, inputs, outputs, vector } = target.tile;
  const text = [
    `${side}x${side} w${width} h${heads} ${pooling} ${classes}`,
    `W${weights}A${activations}R${stream}${index >= FIRST_WITH_STEPS ? ' steps' : ''}`,
    `${tokens}x${inputs}x${outputs}/${vector}`,
    `${target.multipliers}${target.primitives ? '+' : ''}${target.lutOutputs ? `/${target.lutOutputs}` : ''}`,
    target.weights === 'external' ? `axi${target.weightBus}` : 'onChip',
  ].join('  ');
  return {
    text,
    design: design({
      name,
      model,
      weights: random({ seed: index + 1 }),
      quant: quant({
        ...{ weights, activations, residual: stream },
        ...(index >= FIRST_WITH_STEPS && { steps: 'token' }),
      }),
      calibration: noise({ count: 1, seed: 1 }),
      target: { board: 'vck190', ...target },
    }),
  };
}

function randomTarget({ nextInt }: Random, aBits: number, bBits: number) {
  const pick = <T>(items: readonly T[]) => items[nextInt(0, items.length - 1)] as T;
  const tiles = SIDES.flatMap((inputs) =>
    SIDES.flatMap((outputs) => ([1, 2, 4] as const).map((tokens) => ({ tokens, inputs, outputs }))),
  ).filter(({ tokens, inputs, outputs }) => {
    const [small, large] = [Math.min(inputs, outputs), Math.max(inputs, outputs)];
    if (large % small !== 0 || large > 4 * small || small % tokens !== 0) return false;
    return tokens * outputs <= LARGEST.outputs && tokens * inputs * outputs <= LARGEST.array;
  });
  const tile = pick(tiles);
  const small = Math.min(tile.inputs, tile.outputs);
  const vector = pick([2, 3, 4].filter((lanes) => small % lanes === 0));
  const shape = { ...tile, aBits, bBits, cell: 0 } as const;
  const kinds = multiplierKinds.filter((_, style) =>
    arrayFits({ ...shape, style: style as ArrayStyle }),
  );
  const multipliers = pick(kinds);
  const packed = multipliers === 'double' || multipliers === 'quad';
  const split = multipliers !== 'lut' && tile.outputs >= 8 && nextInt(0, 4) === 0;
  const external = nextInt(0, 2) > 0;
  return {
    tile: { ...tile, vector },
    multipliers,
    ...(packed && nextInt(0, 2) === 0 && { primitives: true }),
    ...(split && { lutOutputs: tile.outputs / 4 }),
    ...(external
      ? { weights: 'external' as const, weightBus: pick([64, 128, 256] as const) }
      : { weights: 'onChip' as const }),
  };
}
