import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { presetNames, presets } from '../../src/dsl/presets.ts';
import type { MixedRows } from '../../src/dsl/quant-method.ts';
import {
  attention,
  type Design,
  design,
  encoder,
  gelu,
  layerNorm,
  linear,
  noise,
  type Operator,
  quant,
  type Residual,
  random,
  relu,
  residual,
} from '../../src/index.ts';
import { type Model, patchSize, tokenCount } from '../../src/model/index.ts';
import { type FixedTarget, partsOf, type RandomTarget, randomTarget } from './random-target.ts';

/** A design that a seed and an index give, the same on every machine. */
export interface RandomDesign {
  readonly design: Design & { readonly target: RandomTarget };
  /** `9x12x1/3 13t w45 a3,g90,l45 k10 class`: what a reader needs to tell the designs apart. */
  readonly shape: string;
  readonly bits: string;
  /** Preset of quantization and its ranges. */
  readonly method: string;
  /** Products of one frame, by which slow and fast cases are told apart. */
  readonly products: number;
}

export interface RandomDesignOptions {
  /** Keeps width, tokens and tile small, for checks that take long on a large design. */
  readonly small?: boolean | undefined;
  /** Keeps the weights on chip, for a simulator without external memory. */
  readonly onChip?: boolean | undefined;
  /** Draws a method of quantization, too; plain min-max otherwise. */
  readonly methods?: boolean | undefined;
  /** Choices that are not left to the seed. */
  readonly fixed?: FixedChoices | undefined;
}

export type FixedChoices = FixedTarget & {
  readonly weightBits?: number | undefined;
  readonly activationBits?: number | undefined;
  readonly pooling?: 'class' | 'mean' | undefined;
};

/** Any integer seed and index; each pair has a stream of its own. */
export function randomDesign(
  seed: number,
  index: number,
  options: RandomDesignOptions = {},
): RandomDesign {
  const plain = makeDesign(caseRandom(seed, index), `random${index}`, options);
  // From a stream of its own, so that the rest is that of the same design without a method.
  const { design: made, method } = options.methods
    ? withMethod(caseRandom(~seed, index), plain)
    : { design: plain, method: 'minmax' };
  const { model, quant: q } = made;
  const { height, width, channels } = model.image;
  const branches = model.branches.map((b) =>
    b.kind === 'attention' ? `a${b.heads}` : b.layers.map((l) => LETTER[l.activation] + l.width),
  );
  return Object.freeze({
    design: made,
    shape: `${height}x${width}x${channels}/${model.patch} ${tokenCount(model)}t w${model.width} ${branches.flat().join(',')} k${model.classes} ${model.pooling}`,
    bits: `W${q.weights}A${q.activations}R${q.residual}${q.ends === undefined ? '' : `E${q.ends}`}`,
    method,
    products: productsOf(model),
  });
}

/** The numbers of one case of a seed. */
export function caseRandom(seed: number, index: number): Random {
  return createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
}

/** Bits of weights and of activations; often few, which four products in a DSP need. */
export function randomBits(
  { nextInt }: Random,
  { weightBits, activationBits }: FixedChoices,
): { readonly weights: number; readonly activations: number } {
  const most = nextInt(0, 3) === 0 ? 4 : 8;
  const [weights, activations] = [nextInt(2, most), nextInt(2, most)];
  return { weights: weightBits ?? weights, activations: activationBits ?? activations };
}

function withMethod(random_: Random, plain: RandomDesign['design']) {
  const { nextInt } = random_;
  const name = presetNames[nextInt(0, presetNames.length - 1)] ?? 'minmax';
  const { method } = presets[name];
  // No wider than what the target was drawn for: four products in a DSP need few bits.
  const most = Math.max(plain.quant.weights, plain.quant.activations);
  const ends = nextInt(0, 1) === 0 ? undefined : nextInt(2, most);
  // Zero points meet every kind of layer in half of the designs, whatever the preset.
  const range = nextInt(0, 1) === 0 ? method.range : ('asymmetric' as const);
  // Steps per token likewise, where nothing else chooses the step of the tensor.
  const { fold, noise } = method;
  const drawn = nextInt(0, 2) === 0 && fold.kind !== 'repq' && noise === undefined;
  const steps = drawn ? ('token' as const) : method.steps;
  // Groups that suit the tile, where the preset has a step for each channel.
  const { granularity } = method.weight;
  const { model, target } = plain;
  const heads = model.branches.flatMap((b) => (b.kind === 'attention' ? [b.heads] : []));
  const widths = heads.flatMap((n) => (n > 1 ? [model.width / n] : []));
  const size = randomGroup(random_, widths, target.tile);
  const weight =
    size > 0 && granularity === 'channel'
      ? { ...method.weight, granularity: { group: size } }
      : method.weight;
  const { alone, rows } = weightsOnLuts(random_, target);
  const quant = { ...plain.quant, ends, method: { ...method, range, steps, weight, rows } };
  const own = [
    steps === 'token' ? ' steps per token' : '',
    weight === method.weight ? '' : ` groups of ${size}`,
    rows ? ` rows ${rows.kind} ${rows.bits}` : '',
  ].join('');
  const lutOperands = alone ? ({ lutOperands: 'weights' } as const) : {};
  return {
    design: { ...plain, quant, target: { ...target, ...lutOperands } },
    method: `${name} ${range}${own}`,
  };
}

/** Where a part of the outputs is on LUTs, these often multiply weights alone, half of them mixed rows. */
function weightsOnLuts({ nextInt }: Random, { tile, lutOutputs = 0 }: RandomTarget) {
  const parts = partsOf(tile).some((left) => left === tile.outputs - lutOutputs);
  const alone = lutOutputs > 0 && parts && nextInt(0, 3) > 0;
  const kinds = [
    ['fixed', 2, 5],
    ['powerOfTwo', 3, 4],
    ['sumOfTwo', 4, 5],
  ] as const;
  const [kind, low, high] = kinds[nextInt(0, 2)] as (typeof kinds)[number];
  const rows: MixedRows = { kind, bits: nextInt(low, high), outputs: lutOutputs, of: tile.outputs };
  return { alone, rows: alone && nextInt(0, 1) === 0 ? rows : undefined };
}

/**
 * Inputs of a group: a multiple of those of the tile, in a third of the cases; 0 in the others, and
 * where heads of so many channels, padded to output tiles, would shift the groups within a tile.
 */
export function randomGroup(
  { nextInt }: Random,
  headWidths: readonly number[],
  { inputs, outputs }: RandomTarget['tile'],
): number {
  const [choice, size] = [nextInt(0, 2), inputs * nextInt(1, 4)];
  const whole = headWidths.every((width) => width % outputs === 0 || width % inputs === 0);
  return choice === 0 && whole ? size : 0;
}

const LETTER = { none: 'l', gelu: 'g', relu: 'r' } as const;

function makeDesign(
  random_: Random,
  name: string,
  { small = false, onChip = false, fixed = {} }: RandomDesignOptions,
): RandomDesign['design'] {
  const int = random_.nextInt;
  const pick = <T>(items: readonly T[]) => items[int(0, items.length - 1)] as T;
  const drawn = pick(['class', 'mean'] as const);
  const pooling = fixed.pooling ?? drawn;
  const heads = int(1, 6);
  const headWidth = int(Math.ceil(16 / heads), Math.floor((small ? 32 : 96) / heads));
  const width = heads * headWidth;
  const channels = int(1, 3);
  const patch = int(1, small ? 3 : 6);
  const [down, across] = patches(random_, pooling === 'class' ? 1 : 0, small ? 20 : 70);
  const perChannel = (low: number, high: number) =>
    Array.from({ length: channels }, () => low + (high - low) * random_.nextFloat());
  const model = encoder(
    {
      image: [down * patch, across * patch],
      patch,
      channels,
      width,
      classes: int(1, 40),
      pooling,
      mean: perChannel(0.3, 0.6),
      std: perChannel(0.2, 0.5),
    },
    blocks(random_, width, heads, small),
  );
  const bits = randomBits(random_, fixed);
  const settings = {
    name,
    model,
    weights: random({ seed: int(0, 2 ** 31 - 1) }),
    quant: quant.minmax({ ...bits, residual: int(8, 16) }),
    calibration: noise({ count: 2, seed: int(0, 2 ** 31 - 1) }),
  };
  const products = model.value ? productsOf({ name, ...model.value }) : 0;
  const aBits = bits.activations;
  const bBits = Math.max(bits.activations, bits.weights);
  const target = randomTarget(random_, { products, aBits, bBits, small, onChip, fixed });
  return { ...design({ ...settings, target }), target };
}

/** Rows and columns of patches: 5 to `most` tokens with the class token, in any ratio. */
function patches({ nextInt }: Random, leading: number, most: number): [number, number] {
  const rows = nextInt(1, Math.floor(Math.sqrt(most)));
  const columns = nextInt(
    Math.ceil((5 - leading) / rows),
    Math.max(Math.ceil((5 - leading) / rows), Math.floor((most - leading) / rows)),
  );
  return nextInt(0, 1) === 0 ? [rows, columns] : [columns, rows];
}

/** Mostly blocks of attention and MLP; at times only one of the two, or branches in any order. */
function blocks(random_: Random, width: number, heads: number, small: boolean): Residual[] {
  const { nextInt } = random_;
  const depth = nextInt(1, small ? 2 : 3);
  const kind = nextInt(0, 11);
  const attend = () => residual(layerNorm(), attention({ heads }));
  const feed = () => feedForward(random_, width, small);
  return Array.from({ length: depth }, (): Residual[] => {
    if (kind === 0) return [feed()];
    if (kind === 1) return [attend()];
    if (kind === 2) return [feed(), attend()];
    return [attend(), feed()];
  }).flat();
}

/** One linear, the usual two, or three, with any activation or none. */
function feedForward({ nextInt }: Random, width: number, small: boolean): Residual {
  const length = ([2, 2, 2, 1, 3] as const)[nextInt(0, 4)] ?? 2;
  const hidden = Array.from({ length: length - 1 }, (): Operator[] => {
    const first = linear(nextInt(3, (small ? 2 : 3) * width));
    const activation = nextInt(0, 4);
    if (activation === 0) return [first];
    return [first, activation < 3 ? gelu() : relu()];
  }).flat();
  return residual(layerNorm(), ...hidden, linear(width));
}

/** Multiplications of one frame, without those of LayerNorm and softmax. */
function productsOf(model: Model): number {
  const { width } = model;
  const tokens = tokenCount(model);
  let sum = tokens * patchSize(model) * width + width * model.classes;
  for (const branch of model.branches) {
    if (branch.kind === 'attention') {
      sum += 4 * tokens * width * width + 2 * tokens * tokens * width;
    } else {
      let input = width;
      for (const layer of branch.layers) {
        sum += tokens * input * layer.width;
        input = layer.width;
      }
    }
  }
  return sum;
}
