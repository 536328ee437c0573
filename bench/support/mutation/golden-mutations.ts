import type { Random } from '../../../src/arithmetic/index.ts';
import { serializeGraph } from '../../../src/ir/index.ts';
import { applyEdit, describePlace } from './graph-edit.ts';
import type { Mutation } from './mutation.ts';
import type { Subject } from './subject.ts';
import { tablePlaces } from './tables.ts';

/** Flips one bit of one entry of a table of the golden model. */
export function mutateGolden({ graph, manifest }: Subject, { nextInt }: Random): Mutation {
  const tables = tablePlaces(graph);
  const table = tables[nextInt(0, tables.length - 1)];
  if (!table) throw new Error(`${graph.name} has no table`);
  const { tensor, field, entries, bits, signed } = table;
  const place = { tensor, field, index: nextInt(0, entries.length - 1) };
  const bit = nextInt(0, bits - 1);
  const edit = { kind: 'bit', places: [place], bit, bits, signed } as const;
  return {
    kind: 'golden',
    file: manifest.files.graph,
    line: 1,
    change: `bit ${bit} of ${bits} of ${describePlace(place)}`,
    text: serializeGraph(applyEdit(graph, edit)),
    edit,
  };
}
