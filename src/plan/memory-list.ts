import { GROUP_CODE_BITS } from '../ir/index.ts';
import { unsignedBits } from './engine.ts';
import { type EngineParameters, parameterBits } from './parameters.ts';
import { instructionTable, productTable } from './program-memory.ts';
import type { WeightStream } from './weight-stream.ts';

/** Where a memory lies: in the core, or in one of its units. */
export type MemoryOwner =
  | 'core'
  | 'accumulator'
  | 'epilogue'
  | 'softmax'
  | 'layerNorm'
  | 'sequencer'
  | 'streams';

/** A memory of the engine as the RTL has it. */
export interface EngineMemory {
  /** Its name in the RTL without `u_`. */
  readonly name: string;
  readonly depth: number;
  /** Bits of a bank. */
  readonly width: number;
  /** Parts of a word that are memories of their own, because they are written alone. */
  readonly banks: number;
  /** Memories of the same contents. */
  readonly copies: number;
  /** Read-only, with contents from a file. */
  readonly constant: boolean;
  /** Readers at the same time: two share a memory of contents. */
  readonly readers: 1 | 2;
  /** What the RTL asks for itself; null where the planner or the tool chooses. */
  readonly fixed: 'distributed' | 'block' | null;
  readonly owner: MemoryOwner;
  /** Its place is the planner's choice: it is a `vt_ram` of the core, with a style. */
  readonly planned: boolean;
}

const PLAIN = { copies: 1, readers: 1, fixed: null, owner: 'core' } as const;

/** Deepest table, and deepest row of `vt_row_buffer`, that is no smaller in block RAM than in LUTs. */
export const MAX_LUT_DEPTH = 64;

/** Every memory of an engine: those of the core first, then weights, constants, and those of the units. */
export function engineMemories(p: EngineParameters): EngineMemory[] {
  const { depths, TP, TI, TO, VL, WORD } = p;
  const ram = (name: string, depth: number, width: number, banks: number): EngineMemory => {
    const size = { depth: Math.max(2, depth), width: width / banks, banks };
    return { name, ...size, ...PLAIN, constant: false, planned: true };
  };
  const inside = (name: string, depth: number, width: number, banks = 1): EngineMemory => {
    return { ...ram(name, depth, width, banks), planned: false };
  };
  const rom = (name: string, depth: number, width: number, copies = 1): EngineMemory => {
    const size = { depth: Math.max(2, depth), width, banks: 1 };
    return { name, ...size, ...PLAIN, copies, constant: true, planned: false };
  };
  /** A table that many lanes read: in block RAM two of them share one. */
  const table = (name: string, depth: number, width: number, lanes: number): EngineMemory =>
    depth > MAX_LUT_DEPTH
      ? { ...rom(name, depth, width, Math.ceil(lanes / 2)), readers: 2, fixed: 'block' }
      : rom(name, depth, width, lanes);
  const row = (name: string, depth: number, width: number): EngineMemory => {
    const fixed = depth > MAX_LUT_DEPTH ? 'block' : 'distributed';
    return { ...inside(name, depth, width), fixed };
  };
  const lines = (of: string, { lines, lineBeats, axiBits }: WeightStream) =>
    inside(`lines of streamed ${of}`, lines, lineBeats * axiBits, lineBeats);
  const lanes = TP * TO;
  const activationWord = TP * WORD * p.ACT_BITS;
  const parts = (TP * WORD) / TO;
  const valueParts = (TP * WORD) / p.KEY_TO;
  const residual = (name: string) =>
    ram(name, depths.residual, lanes * p.RES_BITS, p.HAS_POOL ? lanes / VL : 1);
  const several = p.weightSections.length > 1;
  const products = productTable(p);
  const instructions = instructionTable(p);
  const within = (owner: MemoryOwner, memories: readonly EngineMemory[]) =>
    memories.map((memory) => ({ ...memory, owner }));
  return [
    ram('activations', depths.activations, activationWord, valueParts),
    ram('keys', depths.keys, activationWord, parts),
    ram('normalized', depths.normalized, activationWord, (TP * WORD) / VL),
    ...(p.HAS_SOFTMAX
      ? [
          ram('probabilities', depths.probabilities, TP * TI * p.PROB_BITS, (TP * TI) / VL),
          ram('scores', depths.scores, TP * p.KEY_TO * p.SCORE_BITS, 1),
        ]
      : []),
    residual('residual_skip'),
    residual('residual_rows'),
    ram('input', depths.input, TP * TI * p.IN_BITS, TP),
    ram('result', depths.result, TO * p.RESULT_BITS, 1),
    ...within('accumulator', [inside('partial', p.MAX_WORDS, lanes * p.ACC_BITS)]),
    ...p.weightSections.map(({ words, bits }) =>
      rom(several ? `weights of ${bits} bits` : 'weights', words, TI * bits),
    ),
    ...within('streams', [
      ...(p.stream ? [lines('weights', p.stream)] : []),
      ...(p.parameterStream ? [lines('parameters', p.parameterStream)] : []),
    ]),
    ...(p.GROUP_GROWTH > 0 ? [rom('group_factors', depths.factors, TO * GROUP_CODE_BITS)] : []),
    rom('embedding_offset', depths.offset, lanes * p.OFFSET_BITS),
    ...(p.parameterStream ? [] : [rom('channel_parameters', depths.parameters, parameterBits(p))]),
    ...within('sequencer', [
      rom('program', products.words, products.bits),
      rom('instructions', instructions.words, instructions.bits),
    ]),
    ...within('layerNorm', [
      rom('LayerNorm parameters', depths.normParameters, VL * (p.NORM_W_BITS + p.NORM_BIAS_BITS)),
      rom('reciprocal roots', p.RSQRT_DEPTH, 16),
      row('LayerNorm row', p.CHANNEL_GROUPS + 9, VL * p.RES_BITS),
      ...(p.ROW_EXPONENT > 0
        ? [row('token steps row', p.CHANNEL_GROUPS, VL * (p.ACT_BITS + p.ROW_EXPONENT + 1))]
        : []),
    ]),
    ...(p.ROW_EXPONENT > 0
      ? [inside('steps', Math.ceil(p.TOKENS / TP), TP * unsignedBits(p.ROW_EXPONENT), TP)]
      : []),
    ...within(
      'epilogue',
      p.HAS_TABLE ? [table('activation tables', p.TABLE_DEPTH, p.TABLE_BITS, lanes)] : [],
    ),
    ...within(
      'softmax',
      p.HAS_SOFTMAX
        ? [
            table('exponentials', p.EXP_DEPTH, p.E_BITS, VL),
            rom('reciprocals', p.RECIP_DEPTH, p.R_BITS),
            row('softmax scores', p.KEY_GROUPS + 2, VL * p.SCORE_BITS),
            row('softmax exponentials', p.KEY_GROUPS + 4, VL * p.E_BITS),
          ]
        : [],
    ),
  ];
}
