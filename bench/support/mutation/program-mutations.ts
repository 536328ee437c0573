import type { Random } from '../../../src/arithmetic/index.ts';
import { emitVerilog, fileHeader } from '../../../src/emit/verilog.ts';
import { type DescriptorTable, type Hardware, lower } from '../../../src/lower/index.ts';
import { unitsOf } from '../../../src/lower/units.ts';
import { countCycles, type Instruction, type Program, type Unit } from '../../../src/plan/index.ts';
import { version } from '../../../src/version.ts';
import { firstChangedLine, flipBit, type Mutation } from './mutation.ts';
import { sameChange } from './program-meaning.ts';
import type { Subject } from './subject.ts';

export type TableName = 'instructions' | 'matmul' | 'layerNorm' | 'softmax' | 'meanPool';
const TABLES: readonly TableName[] = ['instructions', 'matmul', 'layerNorm', 'softmax', 'meanPool'];

/** Flips one bit of one constant of the emitted program. */
export function mutateProgram(subject: Subject, { nextInt }: Random): Mutation {
  const hardware = lower(subject.plan);
  const names = TABLES.filter((name) => hardware[name] !== null);
  const name = names[nextInt(0, names.length - 1)] ?? 'matmul';
  const table = hardware[name] as DescriptorTable;
  const row = nextInt(0, table.rows.length - 1);
  const column = nextInt(0, table.fields.length - 1);
  const field = table.fields[column];
  const old = table.rows[row]?.values[column];
  if (!field || old === undefined) throw new Error(`${name} has no constant ${row}, ${column}`);
  const bit = nextInt(0, field.bits - 1);
  const value = flipBit(old, bit, field.bits, field.signed);
  const values = table.fields.map(({ name: key }, i): [string, number] => [
    key,
    table.rows[row]?.values[i] ?? 0,
  ]);
  const largest = Math.max(...table.rows.map((r) => r.values[column] ?? 0));
  const about = {
    ...{ subject, name, row, field: field.name, old, value, largest },
    values: new Map(values),
  };
  const file = `rtl/${hardware.name}_program.v`;
  const before = subject.texts.get(file) ?? '';
  const text = emitProgram(
    subject,
    { ...hardware, [name]: changed(table, row, column, value) },
    file,
  );
  return {
    kind: 'program',
    file,
    line: firstChangedLine(before, text),
    change: `${field.name} ${old} -> ${value} (${(table.rows[row]?.comment ?? '').split(':')[0]})`,
    text,
    idle: idleReason(about),
    ...sameChange(about, { bit, bits: field.bits, signed: field.signed }),
  };
}

function changed(
  table: DescriptorTable,
  row: number,
  column: number,
  value: number,
): DescriptorTable {
  const rows = table.rows.map((r, i) =>
    i === row ? { ...r, values: r.values.with(column, value) } : r,
  );
  return { ...table, rows };
}

function emitProgram({ manifest, graph }: Subject, hardware: Hardware, path: string): string {
  const header = fileHeader(graph, version, manifest.hash);
  const file = emitVerilog(hardware, header, manifest.hash).find((f) => f.path === path);
  if (!file) throw new Error(`${path} is not emitted`);
  return file.content.toString();
}

export interface ChangedConstant {
  readonly subject: Subject;
  readonly name: TableName;
  readonly row: number;
  readonly field: string;
  readonly old: number;
  readonly value: number;
  /** The largest that the field is in any row. */
  readonly largest: number;
  /** All constants of the row, by name. */
  readonly values: ReadonlyMap<string, number>;
}

/** b_src of weights on chip and from external memory, src/lower/descriptors.ts. */
const WEIGHTS = 0;
const WEIGHT_STREAM = 3;

/** Why a constant is not looked at, or its two values say the same. */
function idleReason(about: ChangedConstant): string | undefined {
  const { subject, name, field, old, value, values } = about;
  const is = (key: string, wanted: number) => values.get(key) === wanted;
  if (name === 'instructions') return idleInstruction(about);
  const below = 2 ** alignedBits(about);
  if (Math.floor(old / below) === Math.floor(value / below)) {
    return 'tables begin at multiples of their size, and what lies below is not looked at';
  }
  // A list of one value is no choice.
  if (field.endsWith('_sel') && about.largest === 0) return 'the setting has one value';
  if (name !== 'matmul') return undefined;
  const added = !is('skip_on', 0) || !is('bias_src', 0);
  if (field.startsWith('skip_') && field !== 'skip_on' && !added) return 'nothing is added';
  const ofStream = is('b_src', WEIGHT_STREAM);
  if (field === 'b_base' && ofStream) return 'the stream of weights has no addresses';
  if (ofStream || is('b_src', WEIGHTS)) {
    if (field === 'b_stride') return 'weights lie in the order of their use';
    if (field === 'n_rows' && value > old) return 'rows past the last are zero in memory too';
  }
  if (field === 'table_base' && is('table_on', 0)) return 'table_on is 0';
  const streamed = (values.get('rows') ?? 0) > subject.plan.shape.tokens;
  if (/^(a|skip)_stride$/.test(field) && !streamed) return 'the operation has one word of rows';
  if (field === 'b_stride' && is('n_rows', 1)) return 'the operation has one column';
  if (field === 'out_stride' && !streamed) return 'the operation has one word of rows';
  if (field === 'out_sub' && (values.get('out_dst') ?? 0) >= 2) {
    return 'only words of activations and keys have parts';
  }
  const { TI } = subject.plan.parameters;
  if (field === 'k_last_lanes' && old >= TI && value >= TI) return 'no lane lies that high';
  return undefined;
}

/** Lowest bits of the base of a table that are wiring, see templates/rtl/vt_table_address.v. */
function alignedBits({ subject, name, field }: ChangedConstant): number {
  if (!/^(exp|one|two|table)_base$/.test(field)) return 0;
  const { softmax, layerNorm, epilogue } = unitsOf(subject.plan);
  const unit = { softmax, layerNorm, matmul: epilogue, meanPool: null, instructions: null }[name];
  const [flag, bits] =
    name !== 'softmax'
      ? ['TABLE_ALIGNED', name === 'layerNorm' ? 'T_INDEX_BITS' : 'TABLE_INDEX_BITS']
      : field === 'exp_base'
        ? ['EXP_ALIGNED', 'E_INDEX_BITS']
        : ['RECIP_ALIGNED', 'R_INDEX_BITS'];
  const parameter = (wanted: string) =>
    Number(unit?.parameters.find((p) => p.name === wanted)?.value ?? 0);
  return parameter(flag) === 1 ? parameter(bits) : 0;
}

const waiting: readonly Unit[] = ['layerNorm', 'softmax', 'meanPool', 'input', 'result'];

function idleInstruction({ subject, row, field, value }: ChangedConstant): string | undefined {
  const { plan } = subject;
  const { program } = plan;
  const instruction = program.instructions[row];
  if (!instruction) return undefined;
  const ofStream = instruction.unit === 'input' || instruction.unit === 'result';
  if (field === 'operation' && ofStream) return 'the streams take no number of an operation';
  const waits: Instruction | undefined =
    field === 'max_matmul'
      ? { ...instruction, maxMatmul: value as Instruction['maxMatmul'] }
      : field === 'need_idle'
        ? { ...instruction, idle: waiting.filter((_, bit) => (value >> bit) & 1) }
        : undefined;
  if (!waits) return undefined;
  const instructions = program.instructions.with(row, waits);
  return issueCycles(subject, { ...program, instructions }) === issueCycles(subject, program)
    ? 'another wait ends as late or later, so no instruction issues in another cycle'
    : undefined;
}

/** The cycles in which all instructions of some frames issue, by the planner's exact model. */
function issueCycles({ plan }: Subject, program: Program): string {
  const cycles: number[] = [];
  countCycles(program, plan.shape, plan.geometry, ({ at }) => cycles.push(at));
  return cycles.join(' ');
}
