import { formatPlace } from '../diagnostics/index.ts';
import type { IntegerGraph, LayerNormNode, MeanPoolNode, SoftmaxNode } from '../ir/index.ts';
import {
  type AddressBits,
  type Destination,
  type EngineParameters,
  type LayerNormOperation,
  type MatmulOperation,
  type Program,
  productFieldBits,
  type StationarySource,
  type StreamSource,
  units,
} from '../plan/index.ts';
import { type EpilogueUnit, epilogueSettings } from './epilogue-unit.ts';
import { type LayerNormUnit, layerNormSettings } from './layer-norm-unit.ts';
import { type SoftmaxUnit, softmaxSettings } from './softmax-unit.ts';
import { type TokenStepsUnit, tokenStepsSettings } from './token-steps-unit.ts';

/** One field of a descriptor: a constant of one operation. */
export interface Field {
  readonly name: string;
  readonly bits: number;
  readonly signed: boolean;
  readonly value: number;
}

/** A table of operations of one unit, all with the same fields. */
export interface DescriptorTable {
  readonly unit: string;
  readonly fields: readonly Omit<Field, 'value'>[];
  readonly bits: number;
  readonly rows: readonly { readonly comment: string; readonly values: readonly number[] }[];
}

const streamSources: Record<StreamSource, number> = {
  activations: 0,
  input: 1,
  probabilities: 2,
  normalized: 3,
};
const stationarySources: Record<StationarySource, number> = {
  weights: 0,
  keyRows: 1,
  keyColumns: 2,
  weightStream: 3,
};
const destinations: Record<Destination, number> = {
  activations: 0,
  keys: 1,
  residual: 2,
  scores: 3,
  result: 4,
};

const unsignedField = (name: string, bits: number, value: number): Field => ({
  name,
  bits,
  signed: false,
  value,
});
const signedField = (name: string, bits: number, value: number): Field => ({
  name,
  bits,
  signed: true,
  value,
});

export function matmulTable(
  program: Program,
  p: EngineParameters,
  unit: EpilogueUnit,
): DescriptorTable {
  const bits = productFieldBits(p);
  const field = (name: keyof typeof bits, value: number) => unsignedField(name, bits[name], value);
  const fields = (op: MatmulOperation): Field[] => {
    const kTiles = Math.ceil(op.reduction / p.TI);
    const oTiles = Math.ceil(op.columns / op.outputs);
    const byColumns = op.b.source === 'keyColumns';
    return [
      field('a_src', streamSources[op.a.source]),
      field('a_base', op.a.base),
      field('a_stride', op.a.stride),
      field('lead', op.lead),
      field('rows', op.rows),
      field('k_tiles', kTiles),
      field('k_last_lanes', op.reduction - (kTiles - 1) * p.TI),
      field('o_tiles', oTiles),
      field('o_last_lanes', op.columns - (oTiles - 1) * op.outputs),
      // What the loader walks over: rows of the operand, or tokens along the reduction.
      field('n_rows', byColumns ? op.reduction : op.columns),
      field('b_src', stationarySources[op.b.source]),
      // The stream has its words in order, and no addresses.
      field('b_base', op.b.source === 'weightStream' ? 0 : op.b.base),
      field('b_stride', op.b.stride),
      ...(p.parameterStream ? [] : [field('p_base', op.parameterBase)]),
      field('bias_src', op.skip?.source === 'bias' ? 1 : 0),
      ...epilogueSettings(unit, op).map((f) => unsignedField(f.name, f.bits, f.value)),
      field('skip_src', op.skip?.source === 'offset' ? 1 : 0),
      field('skip_base', op.skip?.base ?? 0),
      field('skip_stride', op.skip?.stride ?? 0),
      field('out_dst', destinations[op.out.destination]),
      field('out_base', op.out.base),
      field('out_stride', op.out.stride),
      field('out_sub', (op.out.part * op.outputs) / p.KEY_TO),
      ...(p.ROW_EXPONENT > 0
        ? [field('step_base', op.a.source === 'normalized' ? stepBase(op.a) : 0)]
        : []),
      ...(p.GROUP_GROWTH > 0 ? groupFields(op) : []),
    ];
  };
  const groupFields = (op: MatmulOperation): Field[] => {
    const base = factorWord(program, op, p.TO);
    return [field('group_own', base === null ? 0 : 1), field('group_base', base ?? 0)];
  };
  return table(
    'matmul',
    program.matmuls.map((op) => ({
      comment: `${op.name}: ${op.a.source}[${op.rows} x ${op.reduction}] x ${op.b.source}[${op.columns} x ${op.reduction}]^T -> ${op.out.destination}${at(op.place)}`,
      fields: fields(op),
    })),
  );
}

export function layerNormTable(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
  a: AddressBits,
  unit: LayerNormUnit,
  steps: TokenStepsUnit | null,
): DescriptorTable {
  // Tokens lie one behind the other.
  const stride = Math.ceil(p.CHANNELS / p.WORD);
  const stepFields = (op: LayerNormOperation, node: LayerNormNode, of: TokenStepsUnit) => [
    ...tokenStepsSettings(of, node, p.ACT_BITS, p.ROW_EXPONENT).map((s) =>
      unsignedField(s.name, s.bits, s.value),
    ),
    unsignedField('step_base', a.STEP, stepBase({ base: op.outBase, stride })),
  ];
  return table(
    'layer_norm',
    program.layerNorms.map((op) => {
      const node = find<LayerNormNode>(graph, op.tap.tensor);
      return {
        comment: `${op.name}: ${op.rows} rows${at(op.place)}`,
        fields: [
          unsignedField('rows', p.COUNT_BITS, op.rows),
          unsignedField('x_base', a.X, op.xBase),
          unsignedField('p_base', a.NORM, op.parameterBase),
          unsignedField('mean_mult', unit.meanMultiplierBits, node.meanMultiplier),
          signedField('var_bias', p.NORM_VBIAS_BITS, node.varianceBias),
          unsignedField('table_base', a.RSQRT, op.tableBase),
          ...layerNormSettings(unit, node).map((s) => unsignedField(s.name, s.bits, s.value)),
          unsignedField('out_base', a.LN, op.outBase),
          ...(steps ? stepFields(op, node, steps) : []),
        ],
      };
    }),
  );
}

/** The word of the factors of an operation's first tile; null where its weights have no groups. */
function factorWord(program: Program, { b, tap }: MatmulOperation, TO: number): number | null {
  if (b.source !== 'weights' && b.source !== 'weightStream') return null;
  const segment = program.weights.find(({ tensor }) => tensor === tap.tensor);
  if (!segment || segment.factors === null) return null;
  return segment.factors + (b.base - segment.base) / TO;
}

/** The word of the steps of the tokens whose first word in the memory of normalized tokens is `base`. */
function stepBase({ base, stride }: { readonly base: number; readonly stride: number }): number {
  const word = base / stride;
  if (!Number.isInteger(word)) throw new Error(`no token begins in word ${base} of ${stride}`);
  return word;
}

export function softmaxTable(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
  a: AddressBits,
  unit: SoftmaxUnit,
): DescriptorTable {
  return table(
    'softmax',
    program.softmaxes.map((op) => {
      const node = find<SoftmaxNode>(graph, op.tap.tensor);
      return {
        comment: `${op.name}: ${op.rows} rows${at(op.place)}`,
        fields: [
          unsignedField('rows', p.COUNT_BITS, op.rows),
          unsignedField('x_base', a.SCORE, op.xBase),
          unsignedField('out_base', a.PROB, op.outBase),
          unsignedField('exp_base', a.EXP, op.expBase),
          unsignedField('one_base', a.RECIP, op.oneBase),
          unsignedField('two_base', a.RECIP, op.twoBase),
          ...softmaxSettings(unit, { node, ...op }),
        ],
      };
    }),
  );
}

export function meanPoolTable(
  graph: IntegerGraph,
  program: Program,
  p: EngineParameters,
  a: AddressBits,
): DescriptorTable {
  return table(
    'mean_pool',
    program.meanPools.map((op) => {
      const node = find<MeanPoolNode>(graph, op.tap.tensor);
      return {
        comment: `${op.name}: ${op.rows} rows${at(op.place)}`,
        fields: [
          unsignedField('rows', p.COUNT_BITS, op.rows),
          unsignedField('x_base', a.X, op.xBase),
          unsignedField('x_stride', a.X, op.xStride),
          unsignedField('out_base', a.X, op.outBase),
          unsignedField('mult', 16, node.multiplier),
          unsignedField('shift', 6, node.shift),
        ],
      };
    }),
  );
}

/** The instructions: unit, index of the operation, conditions. */
export function instructionTable(program: Program, operationBits: number): DescriptorTable {
  const waiting = ['layerNorm', 'softmax', 'meanPool', 'input', 'result'] as const;
  return table(
    'instruction',
    program.instructions.map((i) => ({
      comment: i.label,
      fields: [
        unsignedField('unit', 3, units.indexOf(i.unit)),
        unsignedField('operation', operationBits, i.operation),
        unsignedField('max_matmul', 2, i.maxMatmul),
        unsignedField(
          'need_idle',
          5,
          waiting.reduce((mask, unit, bit) => mask | (i.idle.includes(unit) ? 1 << bit : 0), 0),
        ),
      ],
    })),
  );
}

function table(
  unit: string,
  rows: readonly { readonly comment: string; readonly fields: readonly Field[] }[],
): DescriptorTable {
  const fields = rows[0]?.fields ?? [];
  for (const { fields: own, comment } of rows) {
    for (const f of own) {
      const low = f.signed ? -(2 ** (f.bits - 1)) : 0;
      const high = f.signed ? 2 ** (f.bits - 1) - 1 : 2 ** f.bits - 1;
      if (!(f.value >= low && f.value <= high)) {
        throw new Error(`${comment}: ${f.name} = ${f.value} does not fit ${f.bits} bits`);
      }
    }
  }
  return {
    unit,
    fields: fields.map(({ name, bits, signed }) => ({ name, bits, signed })),
    bits: fields.reduce((sum, f) => sum + f.bits, 0),
    rows: rows.map((row) => ({ comment: row.comment, values: row.fields.map((f) => f.value) })),
  };
}

function at(place: Parameters<typeof formatPlace>[0] | undefined): string {
  return place ? ` @ ${formatPlace(place)}` : '';
}

function find<T extends IntegerGraph['nodes'][number]>(graph: IntegerGraph, name: string): T {
  const node = graph.nodes.find((n) => n.output.name === name);
  if (!node) throw new Error(`no node makes ${name}`);
  return node as T;
}
