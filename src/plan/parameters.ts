import type { CheckedGraph, MatrixWidths } from '../check/index.ts';
import { type IntegerNode, isKind, signedBits, storageBits } from '../ir/index.ts';
import { dotBits, splitDelays } from './array.ts';
import { type EngineShape, keyOutputs, latencies, tokenWords, unsignedBits } from './engine.ts';
import { rowGroups } from './geometry.ts';
import { operandBits, scoreBits, widest } from './operands.ts';
import type { MemoryDepths, Program, WeightSection } from './program.ts';
import { finerBits, normBias, rowExponent } from './row-steps.ts';
import { firstToken } from './schedule/context.ts';
import { multipliersAreOne, roundingInBias } from './unit-multipliers.ts';
import {
  type Choices,
  choicesOf,
  normProducts,
  type Operands,
  poolProduct,
  signedBitsOf,
} from './unit-needs.ts';
import { groupGrowth } from './weight-groups.ts';
import type { WeightStream } from './weight-stream.ts';

/** The parameters of the RTL library, by the names they have there. */
export interface EngineParameters {
  readonly TP: number;
  readonly TI: number;
  readonly TO: number;
  readonly VL: number;
  readonly WORD: number;
  readonly STYLE: number;
  readonly CELL: number;
  readonly LUT_TO: number;
  /** Bits of the weights that these outputs multiply alone; 0 where they multiply all operands. */
  readonly LUT_BITS: number;
  /** They are powers of two. */
  readonly LUT_POWERS: boolean;
  /** Outputs of products of keys and values. */
  readonly KEY_TO: number;
  readonly DSP_DELAY: number;
  readonly LUT_DELAY: number;
  readonly ARRAY_LATENCY: number;
  readonly A_BITS: number;
  readonly B_BITS: number;
  readonly ACT_BITS: number;
  readonly IN_BITS: number;
  readonly PROB_BITS: number;
  readonly SCORE_BITS: number;
  readonly W_BITS: number;
  readonly ACC_BITS: number;
  readonly ACC_PROOF: string;
  /** Largest exponent of steps per token; 0 without them. */
  readonly ROW_EXPONENT: number;
  /** Bits by which factors of groups of weights widen a dot product; 0 without them. */
  readonly GROUP_GROWTH: number;
  readonly BIAS_BITS: number;
  readonly SUM_BITS: number;
  /** Some sum is multiplied; where none is, the biases hold the constants that round. */
  readonly HAS_MULT: boolean;
  /** Bits of both signed operands of the products in LayerNorm, of a lane and of the unit. */
  readonly NORM_PRODUCTS: {
    readonly lane: readonly Operands[];
    readonly unit: readonly Operands[];
  };
  /** How many values the settings of units have: what is chosen from costs multiplexers. */
  readonly CHOICES: Choices;
  readonly OPERATIONS: {
    /** Matrix products of the program, and all its instructions. */
    readonly products: number;
    readonly instructions: number;
    /** The most rows or columns of a matrix, which counters hold. */
    readonly largest: number;
  };
  /** Of a skip connection; null where none has a multiplier. */
  readonly SKIP_PRODUCT: Operands | null;
  /** Of the mean over tokens; null without one. */
  readonly POOL_PRODUCT: Operands | null;
  readonly PROD_BITS: number;
  readonly OUT_BITS: number;
  readonly RES_BITS: number;
  readonly RESULT_BITS: number;
  readonly HAS_TABLE: boolean;
  readonly HAS_POOL: boolean;
  readonly HAS_SOFTMAX: boolean;
  readonly TABLE_BITS: number;
  readonly TABLE_DEPTH: number;
  readonly MIN_PASS: number;
  readonly SKIP_MULT_BITS: number;
  readonly OFFSET_BIAS: boolean;
  readonly OFFSET_BITS: number;
  readonly MAX_WORDS: number;
  readonly COUNT_BITS: number;
  readonly LEAD_BITS: number;
  readonly TOKENS: number;
  readonly CHANNELS: number;
  readonly CHANNEL_GROUPS: number;
  readonly KEY_GROUPS: number;
  readonly INPUT_WORDS: number;
  readonly PATCH_WORDS: number;
  readonly FIRST_TOKEN: number;
  readonly CLASSES: number;
  readonly NORM_W_BITS: number;
  readonly NORM_BIAS_BITS: number;
  readonly NORM_VBIAS_BITS: number;
  readonly RSQRT_DEPTH: number;
  readonly E_BITS: number;
  readonly R_BITS: number;
  readonly EXP_DEPTH: number;
  readonly RECIP_DEPTH: number;
  /** Weights in external memory; null when all lie on chip. */
  readonly stream: WeightStream | null;
  /** Bias and multiplier of every output channel beside them; null when they lie on chip. */
  readonly parameterStream: WeightStream | null;
  readonly weightSections: readonly WeightSection[];
  readonly depths: MemoryDepths;
}

const MULTIPLIER_BITS = 16;

/** Bits of the parameters of an output channel: the multiplier above the bias. */
export function parameterBits({ BIAS_BITS }: Pick<EngineParameters, 'BIAS_BITS'>): number {
  return BIAS_BITS + MULTIPLIER_BITS;
}

/** How an array multiplies, in parameters of the RTL. */
export function multiplierParameters(
  shape: Pick<EngineShape, 'outputs' | 'multipliers'>,
): Pick<EngineParameters, 'STYLE' | 'CELL' | 'LUT_TO' | 'LUT_BITS' | 'LUT_POWERS' | 'KEY_TO'> {
  const { style, cell, lutOutputs, lutBits, lutPowers } = shape.multipliers ?? {};
  return {
    STYLE: style ?? 0,
    CELL: cell ?? 0,
    LUT_TO: lutOutputs ?? 0,
    LUT_BITS: lutBits ?? 0,
    LUT_POWERS: lutPowers ?? false,
    KEY_TO: keyOutputs(shape),
  };
}

/** Largest value of an array too long to be spread into Math.max. */
function largest(values: Iterable<number>): number {
  let max = 0;
  for (const value of values) max = Math.max(max, value);
  return max;
}

/**
 * The accumulator extends a dot product, times the factor of its group, by at least one bit,
 * whatever the proof allows.
 */
export function accumulatorBits(
  proven: number,
  inputs: number,
  { A_BITS: aBits, B_BITS: bBits, GROUP_GROWTH }: AccumulatedBits,
) {
  return Math.max(proven, dotBits({ inputs, aBits, bBits }) + GROUP_GROWTH + 1);
}

type AccumulatedBits = Pick<EngineParameters, 'A_BITS' | 'B_BITS' | 'GROUP_GROWTH'>;

/**
 * A sum of products with a bias; the sums of tokens with steps of their own in their finest unit. Where
 * sums are multiplied, as many bits as are proven, since one more can cost each lane a second DSP;
 * where none is, the bias has the constant that rounds, which the proof does not count.
 *
 * @param proven bits of the largest sum with its bias
 */
export function biasedBits(
  accumulator: number,
  proven: number,
  { BIAS_BITS, HAS_MULT }: Pick<EngineParameters, 'BIAS_BITS' | 'HAS_MULT'>,
): number {
  const wider = Math.max(accumulator, BIAS_BITS);
  return HAS_MULT ? Math.max(wider, proven) : wider + 1;
}

/** Bits of the largest sum of products, and of the largest with its bias, as proven. */
export function largestSums(widths: CheckedGraph['widths']): {
  readonly accumulator: MatrixWidths;
  readonly biased: number;
} {
  const matrices = [...widths.values()].flatMap((w) => (w.kind === 'matrix' ? [w] : []));
  return {
    accumulator: matrices.reduce((a, b) => (b.accumulatorBits > a.accumulatorBits ? b : a)),
    biased: Math.max(...matrices.map(({ sumBits }) => sumBits)),
  };
}

/** The rounding constant 2^(shift-1) must fit beside the product of sum and 16-bit multiplier. */
export function multipliedBits(
  sum: number,
  { HAS_MULT, CHOICES }: Pick<EngineParameters, 'HAS_MULT' | 'CHOICES'>,
): number {
  return HAS_MULT ? Math.max(sum + 17, CHOICES.largestShift + 2) : sum;
}

/** Derives every width and depth of the engine from the checked graph and its program. */
export function engineParameters(
  checked: CheckedGraph,
  program: Program,
  shape: EngineShape,
  stream: WeightStream | null = null,
): EngineParameters {
  const { graph, widths } = checked;
  const { tokens: TP, inputs: TI, outputs: TO, vector: VL } = shape;
  const groups = rowGroups(graph, shape);
  const { nodes } = graph;
  const linears = nodes.filter(isKind('linear'));
  const norms = nodes.filter(isKind('layerNorm'));
  const softmaxes = nodes.filter(isKind('softmax'));
  const embedding = nodes.find(isKind('patchEmbedding'));
  if (!embedding) throw new Error('the graph has no patch embedding');
  const result = nodes.at(-1) as IntegerNode;
  const { ACT_BITS, IN_BITS, PROB_BITS, W_BITS, A_BITS, B_BITS } = operandBits(graph);
  const SCORE_BITS = scoreBits(graph);

  const { accumulator: largestSum, biased } = largestSums(widths);
  const GROUP_GROWTH = groupGrowth(graph);
  const multiplied = { A_BITS, B_BITS, GROUP_GROWTH };
  const ACC_BITS = accumulatorBits(largestSum.accumulatorBits, TI, multiplied);
  const OFFSET_BIAS = embedding.offsetTo === 'accumulator';
  const RES_BITS = storageBits(embedding.output.format);
  const HAS_MULT = !multipliersAreOne(graph);
  const rounding = roundingInBias(graph);
  const rounded = (biases: Iterable<number>, shift: number) =>
    Array.from(biases, (bias) => bias + rounding(shift));
  const ROW_EXPONENT = rowExponent(graph);
  const finestBias = (n: (typeof linears)[number]) => {
    const { bias, shift } = n.epilogue;
    const bits = ROW_EXPONENT > 0 ? finerBits(graph, n) : 0;
    const finest = bits > 0 ? Array.from(bias, (b) => b * 2 ** bits) : bias;
    return rounded(finest, shift + bits);
  };
  const offsetBits = OFFSET_BIAS
    ? signedBitsOf(rounded(embedding.offset, embedding.shift))
    : signedBitsOf(embedding.offset);
  const requantized = nodes.flatMap((n) =>
    n.kind === 'scores' || n.kind === 'weightedValues' ? [n] : [],
  );
  const BIAS_BITS = Math.max(
    2,
    OFFSET_BIAS ? offsetBits : signedBitsOf(rounded([0], embedding.shift)),
    ...linears.map((n) => signedBitsOf(finestBias(n))),
    ...requantized.map((n) => signedBitsOf(rounded([n.bias ?? 0], n.shift))),
  );
  const SUM_BITS = biasedBits(ACC_BITS + ROW_EXPONENT, biased, { BIAS_BITS, HAS_MULT });
  const CHOICES = choicesOf(graph, program);
  const PROD_BITS = multipliedBits(SUM_BITS, { HAS_MULT, CHOICES });
  const RESULT_BITS = signedBits(result.output.format);
  const OUT_BITS = Math.max(
    RES_BITS,
    RESULT_BITS,
    ACT_BITS,
    SCORE_BITS,
    signedBitsOf(program.matmuls.flatMap((op) => [op.low, op.high])),
  );
  const tables = [
    ...linears.flatMap((n) => (n.epilogue.table ? [n] : [])),
    ...requantized.flatMap((n) => (n.table ? [n] : [])),
  ];
  const skipMultipliers = linears.map((n) => n.epilogue.residual?.multiplier ?? 1);
  const depthOf = (segments: readonly { base: number; entries: Int32Array }[]) =>
    Math.max(2, ...segments.map((s) => s.base + s.entries.length));
  const counts = program.matmuls.flatMap((op) => [
    op.rows,
    // Counted in whole tiles: of tokens along the reduction, of rows along the columns.
    op.columns + TO,
    Math.ceil(op.reduction / TI),
    op.b.source === 'keyColumns' ? op.reduction + TI : 0,
  ]);

  const delays = shape.multipliers
    ? splitDelays({ ...shape, ...shape.multipliers })
    : { dsp: 0, lut: 0 };
  return {
    TP,
    TI,
    TO,
    VL,
    WORD: Math.max(TI, TO),
    ...multiplierParameters(shape),
    DSP_DELAY: delays.dsp,
    LUT_DELAY: delays.lut,
    ARRAY_LATENCY: latencies(shape).array,
    A_BITS,
    B_BITS,
    ACT_BITS,
    IN_BITS,
    PROB_BITS,
    SCORE_BITS,
    W_BITS,
    ACC_BITS,
    ACC_PROOF: largestSum.proof,
    ROW_EXPONENT,
    GROUP_GROWTH,
    BIAS_BITS,
    SUM_BITS,
    HAS_MULT,
    NORM_PRODUCTS: normProducts(checked, RES_BITS),
    POOL_PRODUCT: poolProduct(checked),
    CHOICES,
    OPERATIONS: {
      products: program.matmuls.length,
      instructions: program.instructions.length,
      largest: Math.max(...nodes.flatMap((node) => node.output.shape)),
    },
    SKIP_PRODUCT: skipMultipliers.some((m) => m > 1) ? [RES_BITS, 17] : null,
    PROD_BITS,
    OUT_BITS,
    RES_BITS,
    RESULT_BITS,
    HAS_TABLE: tables.length > 0,
    HAS_POOL: program.meanPools.length > 0,
    HAS_SOFTMAX: softmaxes.length > 0,
    TABLE_BITS: widest(
      tables.map((n) => n.output.format),
      signedBits,
    ),
    TABLE_DEPTH: depthOf(program.activationTables),
    MIN_PASS: latencies(shape).minPass,
    SKIP_MULT_BITS: Math.max(16, ...skipMultipliers.map(unsignedBits)),
    OFFSET_BIAS,
    OFFSET_BITS: offsetBits,
    MAX_WORDS: Math.max(2, ...program.matmuls.map((op) => tokenWords(shape, op.rows))),
    // Large enough for the TO rows of a tile beside every count.
    COUNT_BITS: unsignedBits(Math.max(2 * TO, latencies(shape).minPass, ...counts)) + 1,
    LEAD_BITS: unsignedBits(embedding.leading),
    TOKENS: embedding.output.shape[0] as number,
    CHANNELS: embedding.output.shape[1] as number,
    CHANNEL_GROUPS: groups.channels,
    KEY_GROUPS: groups.keys,
    INPUT_WORDS: groups.inputWords,
    PATCH_WORDS: Math.ceil((graph.input.tensor.shape[1] ?? 1) / TI),
    FIRST_TOKEN: firstToken(embedding),
    CLASSES: groups.classes,
    NORM_W_BITS: Math.max(2, ...norms.map((n) => signedBitsOf(n.weight))),
    NORM_BIAS_BITS: Math.max(2, ...norms.map((n) => signedBitsOf(normBias(graph, n)))),
    NORM_VBIAS_BITS: Math.max(2, signedBitsOf(norms.map((n) => n.varianceBias))),
    RSQRT_DEPTH: depthOf(program.rsqrtTables),
    E_BITS: unsignedBits(largest(softmaxes.flatMap((n) => [...n.expTable]))),
    R_BITS: unsignedBits(largest(softmaxes.flatMap((n) => [...n.one.table, ...n.two.table]))),
    EXP_DEPTH: depthOf(program.expTables),
    RECIP_DEPTH: depthOf(program.reciprocalTables),
    stream,
    parameterStream: null,
    weightSections: program.weightSections,
    depths: program.depths,
  };
}
