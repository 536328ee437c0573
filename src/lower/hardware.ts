import { GROUP_CODE_BITS, type IntegerGraph } from '../ir/index.ts';
import {
  type AddressBits,
  addressBits,
  busBits,
  type EngineParameters,
  log2Ceil,
  type Plan,
  type Program,
  parameterOffset,
  subBits,
  unsignedBits,
} from '../plan/index.ts';
import { normImage, offsetImage, parameterImage, tableImage } from './constant-images.ts';
import {
  type DescriptorTable,
  instructionTable,
  layerNormTable,
  matmulTable,
  meanPoolTable,
  softmaxTable,
} from './descriptors.ts';
import { type ExternalImage, externalImage } from './external-image.ts';
import type { MemoryImage } from './memory-image.ts';
import type { UnitParameter } from './unit-parameters.ts';
import { liftedTables, prefixed, type Units, unitsOf } from './units.ts';
import { factorImage, weightImages } from './weight-images.ts';

/** One constant of the core module. */
export interface Constant {
  readonly name: string;
  /** A number, or a Verilog expression. */
  readonly value: number | string;
  readonly comment?: string | undefined;
}

/** The hardware as values: what the templates print. */
export interface Hardware {
  readonly name: string;
  readonly plan: Plan;
  readonly parameters: EngineParameters;
  readonly buses: AddressBits;
  readonly constants: readonly Constant[];
  /** Parameters of the units that follow from their operations. */
  readonly unitParameters: {
    readonly epilogue: readonly UnitParameter[];
    readonly layerNorm: readonly UnitParameter[];
    readonly softmax: readonly UnitParameter[];
    readonly tokenSteps: readonly UnitParameter[];
  };
  readonly operationBits: number;
  readonly instructions: DescriptorTable;
  readonly matmul: DescriptorTable;
  readonly layerNorm: DescriptorTable;
  readonly softmax: DescriptorTable | null;
  readonly meanPool: DescriptorTable | null;
  /** Weights on chip. */
  readonly weights: readonly MemoryImage[];
  /** Weights in external memory, and what lies behind them; null when there are none. */
  readonly external: ExternalImage | null;
  readonly memories: Memories;
}

export interface Memories {
  /** Parameters of channels on chip; null when they lie in external memory. */
  readonly parameters: MemoryImage | null;
  /** Factors of groups of weights; null without them. */
  readonly factors: MemoryImage | null;
  readonly offset: MemoryImage;
  readonly norm: MemoryImage;
  readonly activationTable: MemoryImage | null;
  readonly exp: MemoryImage | null;
  readonly reciprocal: MemoryImage | null;
  readonly rsqrt: MemoryImage;
}

/** Turns a plan into hardware: widths, descriptors of every operation, contents of every memory. */
export function lower(plan: Plan): Hardware {
  const { parameters: p, program } = plan;
  const { graph } = plan.checked;
  const buses = busBits(p);
  const operationBits = addressBits(
    Math.max(
      program.matmuls.length,
      program.layerNorms.length,
      program.softmaxes.length,
      program.meanPools.length,
    ),
  );
  const units = unitsOf(plan);
  return Object.freeze({
    name: graph.name,
    plan,
    parameters: p,
    buses,
    constants: constants(p, buses, program, units, operationBits),
    unitParameters: {
      epilogue: units.epilogue.parameters,
      layerNorm: units.layerNorm.parameters,
      softmax: units.softmax?.parameters ?? [],
      tokenSteps: units.tokenSteps?.parameters ?? [],
    },
    operationBits,
    instructions: instructionTable(program, operationBits),
    matmul: matmulTable(program, p, units.epilogue),
    layerNorm: layerNormTable(graph, program, p, buses, units.layerNorm, units.tokenSteps),
    softmax: units.softmax && softmaxTable(graph, program, p, buses, units.softmax),
    meanPool: p.HAS_POOL ? meanPoolTable(graph, program, p, buses) : null,
    weights: weightImages(graph, program, p),
    external: externalImage(graph, program, plan.shape, p),
    memories: memories(graph, program, p, units),
  });
}

function memories(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
  { layerNorm, softmax }: Units,
): Memories {
  return {
    parameters: p.parameterStream ? null : parameterImage(graph, program, p),
    factors: p.GROUP_GROWTH > 0 ? factorImage(graph, program, p) : null,
    offset: offsetImage(graph, p),
    norm: normImage(graph, p),
    activationTable: p.HAS_TABLE
      ? tableImage(
          'activation_tables',
          'activations with requantization',
          program.activationTables,
          p.TABLE_BITS,
        )
      : null,
    exp: p.HAS_SOFTMAX
      ? tableImage('exponentials', 'exponentials', program.expTables, p.E_BITS)
      : null,
    reciprocal:
      softmax &&
      tableImage(
        'reciprocals',
        'reciprocals',
        liftedTables(softmax, program.reciprocalTables),
        softmax.recipBits,
      ),
    rsqrt: tableImage(
      'reciprocal_roots',
      'reciprocal square roots',
      program.rsqrtTables,
      layerNorm.tableBits,
    ),
  };
}

/** Constants that only the softmax and its memories use: a design without attention has none. */
const ofSoftmax: ReadonlySet<string> = new Set([
  ...['TOKENS', 'KEY_GROUPS', 'PROB_DEPTH', 'SCORE_DEPTH'],
  ...['EXP_DEPTH', 'RECIP_DEPTH', 'PROB_ADDR_BITS', 'SCORE_ADDR_BITS', 'EXP_ADDR_BITS'],
  ...['RECIP_ADDR_BITS', 'PROB_SUB_BITS', 'SCORE_SUB_BITS'],
]);

function constants(
  p: EngineParameters,
  a: AddressBits,
  program: Program,
  { epilogue, layerNorm, softmax, tokenSteps }: Units,
  operationBits: number,
): Constant[] {
  const { depths } = p;
  const depth = (words: number) => Math.max(2, words);
  const list: [string, number, string?][] = [
    ['TP', p.TP, 'tokens side by side'],
    ['TI', p.TI, 'elements of the reduction per cycle'],
    ['TO', p.TO, 'output channels per cycle'],
    ['VL', p.VL, 'elements per cycle of LayerNorm, softmax and pooling'],
    ['STYLE', p.STYLE, 'of the multipliers: see vt_mac_array'],
    ['CELL', p.CELL],
    ['LUT_TO', p.LUT_TO, 'output channels whose products are on LUTs: see vt_mac_split'],
    ['LUT_BITS', p.LUT_BITS, 'of the weights that these multiply alone, 0 where of all operands'],
    ['LUT_POWERS', p.LUT_POWERS ? 1 : 0, 'these are powers of two: see vt_mac_shift'],
    ['KEY_TO', p.KEY_TO, 'output channels of products with keys and values'],
    ['DSP_DELAY', p.DSP_DELAY],
    ['LUT_DELAY', p.LUT_DELAY],
    ['ARRAY_LATENCY', p.ARRAY_LATENCY, 'cycles from a word at the array to its sums'],
    ['WORD', p.WORD, 'channels of a token in an activation word, the larger of TI and TO'],
    ['A_BITS', p.A_BITS, 'streamed operand: activations, input codes, probabilities'],
    ['B_BITS', p.B_BITS, 'stationary operand, signed: weights, keys'],
    ['ACT_BITS', p.ACT_BITS, 'activations in memory'],
    ['IN_BITS', p.IN_BITS, 'input codes'],
    ['PROB_BITS', p.PROB_BITS, 'probabilities, unsigned'],
    ['SCORE_BITS', p.SCORE_BITS, 'scores before the softmax'],
    ['W_BITS', p.W_BITS, 'weights'],
    ['ACC_BITS', p.ACC_BITS, `accumulator: ${p.ACC_PROOF}; at least one more than a dot product`],
    ['BIAS_BITS', p.BIAS_BITS, 'widest bias'],
    [
      'SUM_BITS',
      p.SUM_BITS,
      p.ROW_EXPONENT > 0 ? 'accumulator at the finest step, plus bias' : 'accumulator plus bias',
    ],
    [
      'PROD_BITS',
      p.PROD_BITS,
      p.HAS_MULT
        ? 'sum times an unsigned 16-bit multiplier, and the rounding constant'
        : 'the sum: no multiplier is other than 1',
    ],
    ['OUT_BITS', p.OUT_BITS, 'widest result of a product'],
    ['RES_BITS', p.RES_BITS, 'residual stream'],
    ['RESULT_BITS', p.RESULT_BITS, 'logits'],
    ['TOKENS', p.TOKENS],
    ['CHANNELS', p.CHANNELS],
    ['CLASSES', p.CLASSES],
    ['CHANNEL_GROUPS', p.CHANNEL_GROUPS, 'ceil(CHANNELS / VL)'],
    ['KEY_GROUPS', p.KEY_GROUPS, 'ceil(TOKENS / VL)'],
    ['INPUT_WORDS', p.INPUT_WORDS, 'words of a frame on s_axis'],
    ['PATCH_WORDS', p.PATCH_WORDS, 'of a patch'],
    ['FIRST_TOKEN', p.FIRST_TOKEN, 'token of the first patch'],
    ['BEAT_BITS', addressBits(p.INPUT_WORDS)],
    ['MIN_PASS', p.MIN_PASS, 'cycles of the shortest pass: the way to memory'],
    ['MAX_WORDS', p.MAX_WORDS, 'words of the longest pass'],
    ['PASS_BITS', addressBits(p.MAX_WORDS)],
    ['COUNT_BITS', p.COUNT_BITS],
    ['LEAD_BITS', p.LEAD_BITS],
    ['LANES_BITS', unsignedBits(Math.max(p.TI, p.TO))],
    ['LANE_BITS', addressBits(p.TP), 'token of a word'],
    ['SUB_BITS', subBits(p), 'tile of an activation word'],
    ['OFFSET_BIAS', p.OFFSET_BIAS ? 1 : 0, 'embedding offsets are added to the accumulator'],
    ['OFFSET_BITS', p.OFFSET_BITS, 'widest embedding offset'],
    ['CLASS_BITS', unsignedBits(p.CLASSES)],
    ['HAS_TABLE', p.HAS_TABLE ? 1 : 0, 'an activation is a table'],
    ['TABLE_BITS', p.TABLE_BITS],
    ['TABLE_DEPTH', p.TABLE_DEPTH],
    ['PROGRAM_LENGTH', program.instructions.length],
    ['LOOP_START', program.loopStart],
    ['PC_BITS', addressBits(program.instructions.length)],
    ['OP_BITS', operationBits],
    ['ACT_DEPTH', depth(depths.activations), 'words'],
    ['LN_DEPTH', depth(depths.normalized)],
    ['KEY_DEPTH', depth(depths.keys)],
    ['PROB_DEPTH', depth(depths.probabilities)],
    ['SCORE_DEPTH', depth(depths.scores)],
    ['RES_DEPTH', depth(depths.residual)],
    ['OFFSET_DEPTH', depth(depths.offset)],
    ['INPUT_DEPTH', depth(depths.input)],
    ['RESULT_DEPTH', depth(depths.result)],
    ...(p.parameterStream ? [] : [['PARAM_DEPTH', depth(depths.parameters)] as [string, number]]),
    ['NORM_DEPTH', depth(depths.normParameters)],
    ['RSQRT_DEPTH', p.RSQRT_DEPTH],
    ['EXP_DEPTH', p.EXP_DEPTH],
    ['RECIP_DEPTH', p.RECIP_DEPTH],
    ['A_ADDR_BITS', a.A, 'shared buses take the widest of their memories'],
    ['B_ADDR_BITS', a.B],
    ['P_ADDR_BITS', a.P],
    ['S_ADDR_BITS', a.S],
    ['O_ADDR_BITS', a.O],
    ['X_ADDR_BITS', a.X],
    ['ACT_ADDR_BITS', a.ACT],
    ['LN_ADDR_BITS', a.LN],
    ['KEY_ADDR_BITS', a.KEY],
    ['PROB_ADDR_BITS', a.PROB],
    ['SCORE_ADDR_BITS', a.SCORE],
    ['INPUT_ADDR_BITS', a.INPUT],
    ['OFFSET_ADDR_BITS', a.OFFSET],
    ['RESULT_ADDR_BITS', a.RESULT],
    ...(depths.weights > 0 ? [['W_ADDR_BITS', a.W] as [string, number]] : []),
    ['TABLE_ADDR_BITS', a.TABLE],
    ['NORM_ADDR_BITS', a.NORM],
    ['RSQRT_ADDR_BITS', a.RSQRT],
    ['EXP_ADDR_BITS', a.EXP],
    ['RECIP_ADDR_BITS', a.RECIP],
    ['WORD_SUB_BITS', addressBits(p.WORD / p.VL), 'group of VL in an activation word'],
    ['RES_SUB_BITS', addressBits(p.TO / p.VL), 'group of VL in a residual word'],
    ['SCORE_SUB_BITS', addressBits(p.KEY_TO / p.VL), 'group of VL in a score word'],
    ['PROB_SUB_BITS', addressBits(p.TI / p.VL), 'group of VL in a probability word'],
  ];
  if (p.stream) {
    const { axiBits, wordBits, words, lineBeats, lineWords, lines, burst, outstanding } = p.stream;
    list.push(
      ['AXI_BITS', axiBits, 'bus to the weights in external memory'],
      ['STREAM_BITS', wordBits / p.TI, 'weight in external memory'],
      ['STREAM_WORDS', words, 'weight words of a frame'],
      ['LINE_BEATS', lineBeats, 'beats of a line'],
      ['LINE_WORDS', lineWords, 'weight words of a line'],
      ['LINES', lines, 'lines of buffer'],
      ['BURST', burst, 'beats of a burst'],
      ['OUTSTANDING', outstanding, 'bursts under way'],
    );
  }
  if (p.stream && p.parameterStream) {
    const { axiBits, words, lineBeats, lineWords, lines, burst, outstanding } = p.parameterStream;
    list.push(
      ['PARAM_AXI_BITS', axiBits, 'bus to the parameters of channels'],
      ['PARAM_OFFSET', parameterOffset(p.stream), 'bytes from the weights to the parameters'],
      ['PARAM_WORDS', words, 'parameter words of a frame'],
      ['PARAM_LINE_BEATS', lineBeats],
      ['PARAM_LINE_WORDS', lineWords],
      ['PARAM_LINES', lines],
      ['PARAM_BURST', burst],
      ['PARAM_OUTSTANDING', outstanding],
    );
  }
  if (p.ROW_EXPONENT > 0) {
    list.push(
      ['ROW_EXPONENT', p.ROW_EXPONENT, 'largest exponent of steps per token'],
      ['STEP_BITS', unsignedBits(p.ROW_EXPONENT)],
      ['STEP_DEPTH', depth(Math.ceil(p.TOKENS / p.TP)), 'words of tokens'],
      ['STEP_ADDR_BITS', a.STEP],
    );
  }
  if (p.GROUP_GROWTH > 0) {
    list.push(
      ['GROUP_GROWTH', p.GROUP_GROWTH, 'of a dot product with the factor of its group'],
      ['GROUP_BITS', GROUP_CODE_BITS, 'which of the factors 2, 3, 4, 6'],
      ['GROUP_DEPTH', depth(depths.factors), 'tiles of weights with groups'],
      ['GROUP_ADDR_BITS', a.GROUP],
    );
  }
  if (p.HAS_POOL) {
    list.push(['POOL_SUM_BITS', p.RES_BITS + log2Ceil(p.TOKENS), 'sum of TOKENS residual codes']);
  }
  return [
    ...list
      .filter(([name]) => p.HAS_SOFTMAX || !ofSoftmax.has(name))
      .map(([name, value, comment]) => ({ name, value, comment })),
    ...prefixed('EPILOGUE', epilogue.parameters),
    ...prefixed('NORM', layerNorm.parameters),
    ...prefixed('SOFTMAX', softmax?.parameters ?? []),
    ...prefixed('TOKEN', tokenSteps?.parameters ?? []),
  ];
}
