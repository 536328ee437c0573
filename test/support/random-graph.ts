import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import {
  type Epilogue,
  elementCount,
  type GraphInput,
  type IntegerGraph,
  type NumberFormat,
  rangeOf,
  type ScoresNode,
  type TensorType,
  uniform,
  type WeightedValuesNode,
} from '../../src/ir/index.ts';
import {
  add,
  type Build,
  factor,
  layerNorm,
  leading,
  linear,
  meanPool,
  patchEmbedding,
  type RandomGraphOptions,
  randomCodes,
  tensor,
} from './random-nodes.ts';
import { dyadic, softmaxTables } from './random-tables.ts';

export type { RandomGraphOptions } from './random-nodes.ts';

const DEFAULTS: RandomGraphOptions = {
  seed: 1,
  depth: 1,
  width: 16,
  heads: 2,
  tokens: 5,
  hidden: 32,
  classes: 10,
  patch: 2,
  imageChannels: 1,
  weightBits: 8,
  activationBits: 8,
  residualBits: 10,
  pooling: 'class',
  activation: 'gelu',
  family: 'dyadic',
  rowExponent: 0,
  groupSize: 0,
};

/**
 * A small legal integer graph of a ViT with random constants: pre-norm blocks on a residual
 * stream, pooled head. Scales are chosen so that codes spread over their range and some saturate.
 * The same options give the same graph.
 */
export function randomGraph(options: Partial<RandomGraphOptions> = {}): IntegerGraph {
  const all: RandomGraphOptions = { ...DEFAULTS, ...options };
  const build: Build = { options: all, random: createRandom(all.seed), nodes: [] };
  const input = graphInput(all);
  let stream = patchEmbedding(build, input.tensor);
  for (let i = 0; i < all.depth; i++) {
    stream = attention(build, `block${i}.attention`, stream);
    stream = feedForward(build, `block${i}.mlp`, stream);
  }
  const pooled = all.pooling === 'mean' ? meanPool(build, stream) : stream;
  const norm = layerNorm(build, 'norm', pooled, 1);
  linear(build, 'head', norm, tensor('logits', [1, all.classes], uniform(16)));
  return { name: `random${all.seed}`, input, nodes: build.nodes };
}

/** Random codes over the whole range of the graph's input. */
export function randomInput(graph: IntegerGraph, random: Random): Int32Array {
  const { low, high } = rangeOf(graph.input.tensor.format);
  const length = elementCount(graph.input.tensor);
  return Int32Array.from({ length }, () => random.nextInt(low, high));
}

function graphInput(options: RandomGraphOptions): GraphInput {
  const { tokens, patch, imageChannels, activationBits } = options;
  const patches = options.family === 'table' ? tokens : tokens - leading(options);
  const format = uniform(activationBits);
  return {
    tensor: tensor('input', [patches, imageChannels * patch * patch], format),
    // One row of patches: every number of them is an image.
    image: { height: patch, width: patch * patches, channels: imageChannels },
    patch,
    mean: Array.from({ length: imageChannels }, () => 0.5),
    std: Array.from({ length: imageChannels }, () => 0.5),
  };
}

function attention(build: Build, name: string, stream: TensorType): TensorType {
  const { options } = build;
  const { tokens, width, heads } = options;
  const shape = [tokens, width];
  const activation = uniform(options.activationBits);
  const norm = layerNorm(build, `${name}.norm`, stream, tokens);
  const project = (part: string) =>
    linear(build, `${name}.${part}`, norm, tensor(`${name}.${part}`, shape, activation));
  const [query, key, value] = [project('query'), project('key'), project('value')];
  const scores: ScoresNode = {
    kind: 'scores',
    output: tensor(`${name}.scores`, [heads, tokens, tokens], uniform(12)),
    query: query.name,
    key: key.name,
    heads,
    // A quarter of the range: rows stay within the reach of the exponential's table, mostly.
    ...dyadic(factor(activation, activation, width / heads, uniform(10)), 47),
  };
  const probability = uniform(options.activationBits, false);
  add(build, scores);
  add(build, {
    kind: 'softmax',
    output: tensor(`${name}.probabilities`, scores.output.shape, probability),
    input: scores.output.name,
    ...softmaxTables(tokens, rangeOf(probability).high),
  });
  const weighted: WeightedValuesNode = {
    kind: 'weightedValues',
    output: tensor(`${name}.weighted`, shape, activation),
    probability: `${name}.probabilities`,
    value: value.name,
    heads,
    ...(options.family === 'table'
      ? { ...tableByIndex(build, activation), shift: 3, bias: 17 }
      : dyadic(2 / rangeOf(probability).high, 47)),
  };
  return addBranch(build, name, `${name}.output`, add(build, weighted), stream);
}

/** `table[clip((acc + bias) >> shift, 0, 63)]` */
function tableByIndex(build: Build, format: NumberFormat) {
  return { multiplier: 1, low: 0, high: 63, table: randomCodes(build, 64, format) };
}

function feedForward(build: Build, name: string, stream: TensorType): TensorType {
  const { options } = build;
  const norm = layerNorm(build, `${name}.norm`, stream, options.tokens);
  const hidden = linear(
    build,
    `${name}.linear0`,
    norm,
    tensor(`${name}.linear0`, [options.tokens, options.hidden], hiddenFormat(options)),
    activation(build),
  );
  return addBranch(build, name, `${name}.linear1`, hidden, stream);
}

function hiddenFormat({ activationBits, family }: RandomGraphOptions): NumberFormat {
  return uniform(activationBits, family === 'dyadic');
}

function activation(build: Build): Partial<Epilogue> {
  const { options } = build;
  const format = hiddenFormat(options);
  const { low, high } = rangeOf(format);
  const index = rangeOf(uniform(8));
  switch (options.activation) {
    case 'none':
      return {};
    case 'relu':
      return { low: 0, high };
    case 'random':
      return { ...index, table: randomCodes(build, 256, format) };
    case 'gelu': {
      // Sigmoid form of GELU over -4 .. 4: only the shape matters here.
      const gelu = (x: number) => x / (1 + Math.exp(-1.702 * x));
      const table = Int32Array.from({ length: 256 }, (_, i) =>
        Math.max(low, Math.min(high, Math.round((gelu((i + index.low) / 32) * high) / 4))),
      );
      return { ...index, table };
    }
  }
}

/** The last linear layer of a branch, with the residual stream added. */
function addBranch(
  build: Build,
  name: string,
  path: string,
  input: TensorType,
  stream: TensorType,
): TensorType {
  const output = tensor(name, stream.shape, stream.format);
  return linear(build, path, input, output, {
    residual: { input: stream.name, ...skipFactor(build) },
  });
}

/** About 0.6; of 20 bits in the table family. */
function skipFactor({ random, options }: Build) {
  const factor = 0.4 + 0.4 * random.nextFloat();
  if (options.family === 'dyadic') return dyadic(factor, 31);
  return { multiplier: Math.round(factor * 2 ** 20), shift: 20 };
}
