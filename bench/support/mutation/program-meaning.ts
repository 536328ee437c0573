import type { ManifestOperation } from '../../../src/emit/index.ts';
import type { TableSegment } from '../../../src/plan/index.ts';
import type { GraphEdit } from './graph-edit.ts';
import type { Mutation } from './mutation.ts';
import type { ChangedConstant, TableName } from './program-mutations.ts';

type OperationTable = Exclude<TableName, 'instructions'>;

/** Constants of operations that are numbers of the integer graph. */
const NUMBERS: Readonly<
  Record<Exclude<OperationTable, 'matmul'>, Readonly<Record<string, string>>>
> = {
  layerNorm: {
    ...{ mean_mult: 'meanMultiplier', mean_shift: 'meanShift', var_bias: 'varianceBias' },
    ...{ var_shift: 'varianceShift', shift: 'shift' },
  },
  softmax: {
    ...{ exp_bias: 'expBias', exp_shift: 'expShift' },
    ...{ one_index_bias: 'one.indexBias', one_index_shift: 'one.indexShift' },
    ...{ one_bias: 'one.bias', one_shift: 'one.shift', two_bias: 'two.bias' },
    ...{ two_index_bias: 'two.indexBias', two_index_shift: 'two.indexShift' },
    two_shift: 'two.shift',
  },
  meanPool: { mult: 'multiplier', shift: 'shift' },
};

interface FlippedBit {
  readonly bit: number;
  readonly bits: number;
  readonly signed: boolean;
}

/** What a changed constant of an operation means for the golden model, as far as it can be said. */
export function sameChange(
  changed: ChangedConstant,
  flipped: FlippedBit,
): Pick<Mutation, 'edit' | 'operation' | 'clip'> {
  const { subject, name, row } = changed;
  if (name === 'instructions') return {};
  const { operations } = subject.manifest;
  const operation = operations.findIndex((o) => o.unit === name && o.index === row);
  const found = operations[operation];
  if (!found) return {};
  const edit = tableEdit(changed, name, found) ?? numberEdit(changed, name, found, flipped);
  return { operation, ...(edit ? { edit } : {}), ...clipOf(changed, found) };
}

function numberEdit(
  { subject, field }: ChangedConstant,
  name: OperationTable,
  { tensor }: ManifestOperation,
  flipped: FlippedBit,
): GraphEdit | undefined {
  const node = subject.graph.nodes.find(({ output }) => output.name === tensor);
  const edit = (path: string): GraphEdit => {
    return { kind: 'bit', places: [{ tensor, field: path }], ...flipped };
  };
  if (name !== 'matmul') {
    const path = NUMBERS[name][field];
    return path === undefined ? undefined : edit(path);
  }
  if (node?.kind !== 'linear') return field === 'shift' ? edit('shift') : undefined;
  if (field === 'shift') return edit('epilogue.shift');
  // With a table the lower limit is also where the table begins; then nothing is the same.
  if (/^(low|high)$/.test(field) && !node.epilogue.table) return edit(`epilogue.${field}`);
  const skip = { skip_mult: 'multiplier', skip_shift: 'shift' }[field];
  return skip && node.epilogue.residual ? edit(`epilogue.residual.${skip}`) : undefined;
}

/** The table that an operation reads when its first or last word is another. */
function tableEdit(
  { subject, field, values, value }: ChangedConstant,
  name: OperationTable,
  { tensor }: ManifestOperation,
): GraphEdit | undefined {
  const { program } = subject.plan;
  const [, part, end] = /^(exp|one|two|table)_(base|last)$/.exec(field) ?? [];
  if (part === undefined || end === undefined || name === 'matmul') return undefined;
  const segments =
    part === 'table'
      ? program.rsqrtTables
      : part === 'exp'
        ? program.expTables
        : program.reciprocalTables;
  const base = end === 'base' ? value : (values.get(`${part}_base`) ?? 0);
  const last = end === 'last' ? value : (values.get(`${part}_last`) ?? 0);
  const memory = memoryOf(segments);
  const fields = { exp: 'expTable', one: 'one.table', two: 'two.table', table: 'table' };
  // Beyond the memory a word is whatever the tool makes of it: here 0, which no table of
  // reciprocals or roots has, and the exponentials only where nothing is left.
  const entries = Int32Array.from({ length: last + 1 }, (_, i) => memory[base + i] ?? 0);
  return { kind: 'table', tensor, field: fields[part as keyof typeof fields], entries };
}

function memoryOf(segments: readonly TableSegment[]): number[] {
  return segments.flatMap(({ entries }) => [...entries]);
}

/** A changed limit of an operation without a skip connection, whose values are those of its clip. */
function clipOf(
  { field, value, values }: ChangedConstant,
  { unit }: ManifestOperation,
): Pick<Mutation, 'clip'> {
  const plain = values.get('skip_on') !== 1 && values.get('table_on') !== 1;
  if ((field !== 'low' && field !== 'high') || !plain || unit === 'softmax') return {};
  const before = { low: values.get('low') ?? 0, high: values.get('high') ?? 0 };
  return { clip: { before, after: { ...before, [field]: value } } };
}
