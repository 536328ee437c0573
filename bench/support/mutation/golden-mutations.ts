import type { Random } from '../../../src/arithmetic/index.ts';
import { serializeGraph } from '../../../src/ir/index.ts';
import { editedVectors, sameVectors } from './edited-golden.ts';
import { applyEdit, type BitEdit, describePlace } from './graph-edit.ts';
import type { Mutation } from './mutation.ts';
import type { Subject } from './subject.ts';
import { type GraphTable, tablePlaces } from './tables.ts';

/** A few frames address a part of a table only; so many entries are tried for one that they do. */
const TRIES = 8;

/** Flips one bit of one entry of a table of the golden model. */
export function mutateGolden(subject: Subject, { nextInt }: Random): Mutation {
  const { graph, manifest } = subject;
  const tables = tablePlaces(graph);
  const draw = () => {
    const table = tables[nextInt(0, tables.length - 1)];
    if (!table) throw new Error(`${graph.name} has no table`);
    return { table, index: nextInt(0, table.entries.length - 1) };
  };
  let drawn = draw();
  for (let i = 1; i < TRIES && !isAddressed(subject, drawn.table, drawn.index); i++) drawn = draw();
  const { tensor, field, bits, signed } = drawn.table;
  const place = { tensor, field, index: drawn.index };
  const bit = nextInt(0, bits - 1);
  const edit: BitEdit = { kind: 'bit', places: [place], bit, bits, signed };
  return {
    kind: 'golden',
    file: manifest.files.graph,
    line: 1,
    change: `bit ${bit} of ${bits} of ${describePlace(place)}`,
    text: serializeGraph(applyEdit(graph, edit)),
    edit,
  };
}

/** Whether another entry, far from the right one, changes a value of the first frames. */
function isAddressed(
  subject: Subject,
  { tensor, field, bits, signed }: GraphTable,
  index: number,
): boolean {
  const edit: BitEdit = {
    kind: 'bit',
    places: [{ tensor, field, index }],
    bit: bits - 1,
    ...{ bits, signed },
  };
  return !sameVectors(subject.few.vectors, editedVectors(subject, edit, subject.few));
}
