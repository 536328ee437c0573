import type { Random } from '../../src/arithmetic/index.ts';
import {
  type Epilogue,
  GROUP_FACTORS,
  type IntegerNode,
  type LayerNormNode,
  type LinearNode,
  type MeanPoolNode,
  type NumberFormat,
  type PatchEmbeddingNode,
  rangeOf,
  type TensorType,
  uniform,
} from '../../src/ir/index.ts';
import { dyadic, layerNormTable } from './random-tables.ts';

export interface RandomGraphOptions {
  readonly seed: number;
  /** Blocks of attention and MLP. */
  readonly depth: number;
  readonly width: number;
  readonly heads: number;
  /** Rows of the residual stream, the class token included; at least 2 with `pooling: 'class'`. */
  readonly tokens: number;
  readonly hidden: number;
  readonly classes: number;
  readonly patch: number;
  readonly imageChannels: number;
  readonly weightBits: number;
  readonly activationBits: number;
  readonly residualBits: number;
  readonly pooling: 'class' | 'mean';
  /** Of the hidden layer; `random` is a table of random codes, which no smooth function could be. */
  readonly activation: 'none' | 'relu' | 'gelu' | 'random';
  /**
   * `table`: as checkpoints of the table-driven family are. The class token replaces the first
   * patch, position and bias are added to the accumulator, tables by index follow the weighted
   * values, codes of the hidden layer are unsigned, and some constants are wider.
   */
  readonly family: 'dyadic' | 'table';
  /** Steps per token behind every LayerNorm, up to this exponent; 0 for none. */
  readonly rowExponent: number;
  /** Inputs that share a step in every linear node with more of them; 0 for none. */
  readonly groupSize: number;
}

/** A graph under construction. */
export interface Build {
  readonly options: RandomGraphOptions;
  readonly random: Random;
  readonly nodes: IntegerNode[];
}

export function leading({ pooling }: RandomGraphOptions): number {
  return pooling === 'class' ? 1 : 0;
}

/** Real steps do not matter to integer tests: full scale is 1. */
export function tensor(name: string, shape: readonly number[], format: NumberFormat): TensorType {
  return { name, shape, format, scale: 1 / (rangeOf(format).high + 1) };
}

/** Typical magnitude of the codes of a format. */
function spread(format: NumberFormat): number {
  return (rangeOf(format).high + 1) / 2.5;
}

export function randomCodes({ random }: Build, length: number, format: NumberFormat): Int32Array {
  const { low, high } = rangeOf(format);
  return Int32Array.from({ length }, () => random.nextInt(low, high));
}

/** Factor that brings a sum of `terms` random products to the spread of `to`. */
export function factor(a: NumberFormat, b: NumberFormat, terms: number, to: NumberFormat): number {
  return spread(to) / (spread(a) * spread(b) * Math.sqrt(terms));
}

/** Multipliers around one factor, one per channel, with their common shift. */
function dyadicPerChannel({ random }: Build, channels: number, wanted: number, maxShift: number) {
  const { multiplier, shift } = dyadic(wanted, maxShift);
  return {
    shift,
    multiplier: Int32Array.from({ length: channels }, () =>
      Math.max(1, Math.floor(multiplier * (0.6 + 0.4 * random.nextFloat()))),
    ),
  };
}

export function add<N extends IntegerNode>(build: Build, node: N): TensorType {
  build.nodes.push(node);
  return node.output;
}

export function patchEmbedding(build: Build, input: TensorType): TensorType {
  const { options } = build;
  const { tokens, width } = options;
  const patchSize = input.shape[1] as number;
  const weightFormat = uniform(options.weightBits);
  const output = tensor('embedding', [tokens, width], uniform(options.residualBits));
  const byTable = options.family === 'table';
  const node: PatchEmbeddingNode = {
    kind: 'patchEmbedding',
    output,
    input: input.name,
    leading: leading(options),
    weight: randomCodes(build, width * patchSize, weightFormat),
    weightFormat,
    path: 'patchEmbedding.weight',
    ...dyadicPerChannel(
      build,
      width,
      factor(input.format, weightFormat, patchSize, output.format),
      47,
    ),
    offset: randomCodes(build, tokens * width, byTable ? uniform(14) : output.format),
    ...(byTable && { leadingRows: 'replace', offsetTo: 'accumulator' }),
  };
  return add(build, node);
}

export function layerNorm(build: Build, path: string, input: TensorType, rows: number): TensorType {
  const { random, options } = build;
  const { width } = options;
  const { rowExponent } = options;
  const plain = tensor(path, [rows, width], uniform(options.activationBits));
  const output = rowExponent > 0 ? { ...plain, rowExponent } : plain;
  // With steps per token some LayerNorms have small outputs, so that every exponent occurs.
  const small = rowExponent > 0 ? 2 ** -random.nextInt(0, rowExponent) : 1;
  const table = layerNormTable(width, spread(input.format), spread(output.format) * small);
  const mean = dyadic(1 / width, 31);
  const half = table.shift === 0 || rowExponent > 0 ? 0 : 2 ** (table.shift - 1);
  const node: LayerNormNode = {
    kind: 'layerNorm',
    output,
    input: input.name,
    path: `${path}.weight`,
    rows,
    meanMultiplier: mean.multiplier,
    meanShift: mean.shift,
    ...table,
    weight: Int32Array.from({ length: width }, () => random.nextInt(-2048, 2047)),
    ...(options.family === 'table' && { weightFormat: uniform(17) }),
    bias: Float64Array.from(
      { length: width },
      () => half + Math.floor(random.nextGaussian() * small * 2 ** table.shift),
    ),
  };
  return add(build, node);
}

export function linear(
  build: Build,
  path: string,
  input: TensorType,
  output: TensorType,
  part: Partial<Epilogue> = {},
): TensorType {
  const { random, options } = build;
  const outputs = output.shape[1] as number;
  const inputs = input.shape[1] as number;
  const weightFormat = uniform(options.weightBits);
  const range = rangeOf(output.format);
  const index = part.table ? uniform(8) : output.format;
  const { groupSize } = options;
  const grouped = groupSize > 0 && inputs > groupSize;
  // The mean of the factors of a group, in squares.
  const scaled = grouped ? Math.sqrt((4 + 9 + 16 + 36) / 4) : 1;
  const sumSpread = spread(input.format) * spread(weightFormat) * Math.sqrt(inputs) * scaled;
  const node: LinearNode = {
    kind: 'linear',
    output,
    input: input.name,
    path: `${path}.weight`,
    weight: randomCodes(build, outputs * inputs, weightFormat),
    weightFormat,
    ...(grouped && {
      groups: {
        size: groupSize,
        factors: Int32Array.from(
          { length: outputs * Math.ceil(inputs / groupSize) },
          () => GROUP_FACTORS[random.nextInt(0, 3)] as number,
        ),
      },
    }),
    epilogue: {
      bias: Int32Array.from({ length: outputs }, () =>
        Math.round((random.nextGaussian() * sumSpread) / 4),
      ),
      ...dyadicPerChannel(
        build,
        outputs,
        factor(input.format, weightFormat, inputs, index) / scaled,
        47,
      ),
      ...range,
      table: null,
      residual: null,
      ...part,
    },
  };
  return add(build, node);
}

export function meanPool(build: Build, input: TensorType): TensorType {
  const { options } = build;
  const node: MeanPoolNode = {
    kind: 'meanPool',
    output: tensor('pool', [1, options.width], uniform(options.residualBits)),
    input: input.name,
    ...dyadic(1 / Math.sqrt(options.tokens), 47),
  };
  return add(build, node);
}
