import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { presetNames, presets } from '../../src/dsl/presets.ts';
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
  type TileChoice,
} from '../../src/index.ts';
import { type Model, patchSize, tokenCount } from '../../src/model/index.ts';

/** A design that a seed and an index give, the same on every machine. */
export interface RandomDesign {
  readonly design: Design;
  /** `d2 w45 t17 h3 p3x3 c1 k10 class`: what a reader needs to tell the designs apart. */
  readonly shape: string;
  readonly bits: string;
  /** Preset of quantization. */
  readonly method: string;
  readonly tile: string;
  /** Products of one frame, by which slow and fast cases are told apart. */
  readonly products: number;
  /** Multipliers of the array. */
  readonly array: number;
}

export interface RandomDesignOptions {
  /** Keeps width, tokens and tile small, for checks that take long on a large design. */
  readonly small?: boolean | undefined;
  /** Draws a method of quantization, too; plain min-max otherwise. */
  readonly methods?: boolean | undefined;
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

/** Any integer seed and index; each pair has a stream of its own. */
export function randomDesign(
  seed: number,
  index: number,
  { small = false, methods = false }: RandomDesignOptions = {},
): RandomDesign {
  const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const plain = makeDesign(random, `random${index}`, small);
  const { design: made, method } = methods
    ? withMethod(random, plain)
    : { design: plain, method: 'minmax' };
  const { model, quant: q, target } = made;
  const tile = target.tile as Required<TileChoice>;
  const { height, width, channels } = model.image;
  const branches = model.branches.map((b) =>
    b.kind === 'attention' ? `a${b.heads}` : b.layers.map((l) => LETTER[l.activation] + l.width),
  );
  return Object.freeze({
    design: made,
    shape: `${height}x${width}x${channels}/${model.patch} ${tokenCount(model)}t w${model.width} ${branches.flat().join(',')} k${model.classes} ${model.pooling}`,
    bits: `W${q.weights}A${q.activations}R${q.residual}${q.ends === undefined ? '' : `E${q.ends}`}`,
    method,
    tile: `${tile.inputs}x${tile.outputs}/${tile.vector}`,
    products: productsOf(model),
    array: tile.inputs * tile.outputs,
  });
}

/** Drawn last, so that shape, bits and tile are those of the same design without a method. */
function withMethod({ nextInt }: Random, plain: Design) {
  const name = presetNames[nextInt(0, presetNames.length - 1)] ?? 'minmax';
  const { method } = presets[name];
  const ends = nextInt(0, 1) === 0 ? undefined : nextInt(2, 8);
  // Zero points meet every kind of layer in half of the designs, whatever the preset.
  const range = nextInt(0, 1) === 0 ? method.range : ('asymmetric' as const);
  const quant = { ...plain.quant, ends, method: { ...method, range } };
  return { design: { ...plain, quant }, method: `${name} ${range}` };
}

const LETTER = { none: 'l', gelu: 'g', relu: 'r' } as const;

function makeDesign(random_: Random, name: string, small: boolean): Design {
  const int = random_.nextInt;
  const pick = <T>(items: readonly T[]) => items[int(0, items.length - 1)] as T;
  const pooling = pick(['class', 'mean'] as const);
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
  const settings = {
    name,
    model,
    weights: random({ seed: int(0, 2 ** 31 - 1) }),
    quant: quant.minmax({ weights: int(2, 8), activations: int(2, 8), residual: int(8, 16) }),
    calibration: noise({ count: 2, seed: int(0, 2 ** 31 - 1) }),
  };
  const products = model.value ? productsOf({ name, ...model.value }) : 0;
  const tile = chooseTile(random_, products, small);
  // The larger board for arrays and vectors that would crowd the smaller one.
  const board = tile.inputs * tile.outputs > 64 ? 'vck190' : 'zcu102';
  return design({ ...settings, target: { board, tile } });
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

/** A tile that is large enough for the simulation to be quick, with lanes that divide its sides. */
function chooseTile(
  { nextInt }: Random,
  products: number,
  small: boolean,
): { inputs: number; outputs: number; vector: number } {
  const most = small ? MOST_CYCLES_SMALL : MOST_CYCLES;
  const quick = TILES.filter(([i, o]) => products / (i * o) <= most && !(small && i * o > 32));
  const enough = quick.length > 0 ? quick : TILES.slice(-1);
  const [inputs, outputs] = enough[nextInt(0, enough.length - 1)] as (typeof TILES)[number];
  const side = Math.min(inputs, outputs);
  const lanes = [1, 2, 3, 4, 5, 6, 8].filter((n) => side % n === 0);
  return { inputs, outputs, vector: lanes[nextInt(0, lanes.length - 1)] ?? 1 };
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
