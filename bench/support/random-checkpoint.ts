import type { IntegerGraph } from '../../src/ir/index.ts';
import { type RandomGraphOptions, randomGraph } from '../../test/support/random-graph.ts';
import { caseRandom, type RandomDesignOptions, randomBits, randomGroup } from './random-design.ts';
import { type RandomTarget, randomTarget } from './random-target.ts';

/**
 * An integer graph of the table-driven family, as a checkpoint with tables of its own gives it,
 * and a target. What a float design cannot say: unsigned hidden codes, position in the bias of the
 * patches, tables by index behind the weighted values, a factor of 20 bits on the skip connection.
 */
export interface RandomCheckpoint {
  readonly graph: IntegerGraph;
  readonly target: RandomTarget;
  /** Of the frames to simulate with. */
  readonly imageSeed: number;
  readonly options: RandomGraphOptions;
  readonly shape: string;
  readonly bits: string;
  readonly products: number;
}

/** Any integer seed and index; each pair has a stream of its own. */
export function randomCheckpoint(
  seed: number,
  index: number,
  { small = false, onChip = false, fixed = {} }: RandomDesignOptions = {},
): RandomCheckpoint {
  const random = caseRandom(seed, index);
  const int = random.nextInt;
  const pick = <T>(items: readonly T[]) => items[int(0, items.length - 1)] as T;
  const heads = int(1, small ? 3 : 6);
  const headWidth = int(Math.ceil(8 / heads), Math.floor((small ? 32 : 96) / heads));
  const bits = randomBits(random, fixed);
  const pooling = pick(['class', 'mean'] as const);
  const whole: RandomGraphOptions = {
    seed: int(0, 2 ** 31 - 1),
    depth: int(1, small ? 1 : 3),
    width: heads * headWidth,
    heads,
    tokens: int(2, small ? 16 : 50),
    hidden: int(3, small ? 60 : 250),
    classes: int(1, 40),
    patch: int(1, small ? 3 : 5),
    imageChannels: int(1, 3),
    weightBits: bits.weights,
    activationBits: bits.activations,
    residualBits: int(8, 16),
    pooling: fixed.pooling ?? pooling,
    activation: pick(['gelu', 'relu', 'random', 'none'] as const),
    family: 'table',
    rowExponent: 0,
    groupSize: 0,
  };
  const products = productsOf(whole);
  // Unsigned hidden codes take a bit more where they meet signed ones.
  const aBits = bits.activations + 1;
  const bBits = Math.max(bits.weights, aBits);
  const target = randomTarget(random, { products, aBits, bBits, small, onChip, fixed });
  // From a stream of its own, so that the rest is that of the same graph without groups.
  const widths = heads > 1 ? [headWidth] : [];
  const options = {
    ...whole,
    groupSize: randomGroup(caseRandom(~seed, index), widths, target.tile),
  };
  const { depth, width, tokens, hidden, classes, patch, imageChannels } = options;
  return Object.freeze({
    graph: { ...randomGraph(options), name: `random${index}` },
    target,
    imageSeed: int(0, 2 ** 31 - 1),
    options,
    shape: `table ${imageChannels}/${patch} ${tokens}t w${width} ${depth}x a${heads},${options.activation[0]}${hidden} k${classes} ${options.pooling}`,
    bits: `W${bits.weights}A${bits.activations}R${options.residualBits}`,
    products,
  });
}

/** Multiplications of one frame, without those of LayerNorm and softmax. */
function productsOf(options: RandomGraphOptions): number {
  const { depth, width, tokens, hidden, classes, patch, imageChannels } = options;
  const block = 4 * tokens * width ** 2 + 2 * tokens ** 2 * width + 2 * tokens * width * hidden;
  return tokens * imageChannels * patch ** 2 * width + depth * block + width * classes;
}
