import type { ManifestOperation } from '../../../src/emit/index.ts';
import { unitsOf } from '../../../src/lower/units.ts';
import type { TableSegment } from '../../../src/plan/index.ts';
import type { GraphEdit } from './graph-edit.ts';
import type { Mutation } from './mutation.ts';
import type { ChangedConstant, TableName } from './program-mutations.ts';
import { tablePlaces } from './tables.ts';

type OperationTable = Exclude<TableName, 'instructions'>;

/** Constants of operations that are numbers of the integer graph, as they are there. */
const NUMBERS: Readonly<
  Record<Exclude<OperationTable, 'matmul'>, Readonly<Record<string, string>>>
> = {
  layerNorm: { mean_mult: 'meanMultiplier', var_bias: 'varianceBias' },
  softmax: {
    ...{ exp_bias: 'expBias', one_index_bias: 'one.indexBias', two_index_bias: 'two.indexBias' },
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
): Pick<Mutation, 'edit' | 'operation'> {
  const { subject, name, row } = changed;
  if (name === 'instructions') return {};
  const { operations } = subject.manifest;
  const operation = operations.findIndex((o) => o.unit === name && o.index === row);
  const found = operations[operation];
  if (!found) return {};
  const edit = tableEdit(changed, name, found) ?? numberEdit(changed, name, found, flipped);
  return { operation, ...(edit ? { edit } : {}) };
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
  // Lifted, it is another number than that of the graph.
  const { skipLifted } = unitsOf(subject.plan).epilogue;
  const scaled = field === 'skip_mult' && !skipLifted;
  return scaled && node?.kind === 'linear' && node.epilogue.residual
    ? edit('epilogue.residual.multiplier')
    : undefined;
}

/** The table that an operation reads when its first word is another. */
function tableEdit(
  { subject, field, value }: ChangedConstant,
  name: OperationTable,
  { tensor }: ManifestOperation,
): GraphEdit | undefined {
  const { program } = subject.plan;
  const [, part] = /^(exp|one|two|table)_base$/.exec(field) ?? [];
  if (part === undefined || name === 'matmul') return undefined;
  const segments =
    part === 'table'
      ? program.rsqrtTables
      : part === 'exp'
        ? program.expTables
        : program.reciprocalTables;
  const memory = memoryOf(segments);
  const fields = { exp: 'expTable', one: 'one.table', two: 'two.table', table: 'table' };
  const table = tablePlaces(subject.graph).find(
    (t) => t.tensor === tensor && t.field === fields[part as keyof typeof fields],
  );
  if (!table) return undefined;
  // Beyond the memory a word is whatever the tool makes of it: here 0, which no table of
  // reciprocals or roots has, and the exponentials only where nothing is left.
  const entries = table.entries.map((_, i) => memory[value + i] ?? 0);
  return { kind: 'table', tensor, field: table.field, entries };
}

function memoryOf(segments: readonly TableSegment[]): number[] {
  return segments.flatMap(({ entries }) => [...entries]);
}
