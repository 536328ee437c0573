import { type IntegerGraph, parseGraph, serializeGraph } from '../../../src/ir/index.ts';
import { flipBit } from './mutation.ts';

/** A number of the integer graph: of the node that makes `tensor`, `epilogue.bias` or `shift`. */
export interface GraphPlace {
  readonly tensor: string;
  readonly field: string;
  /** Absent for a number that is no array. */
  readonly index?: number | undefined;
}

/** A change of the golden model. */
export type GraphEdit = BitEdit | TableEdit;

/** One bit flipped at one place, or at several that share one memory word. */
export interface BitEdit {
  readonly kind: 'bit';
  readonly places: readonly GraphPlace[];
  readonly bit: number;
  /** Width and sign of the number where the hardware has it. */
  readonly bits: number;
  readonly signed: boolean;
}

/** Another table: what an operation reads when its table's base or last index is another. */
export interface TableEdit {
  readonly kind: 'table';
  readonly tensor: string;
  readonly field: string;
  readonly entries: Int32Array;
}

type Fields = Record<string, unknown>;

/** The graph with the edit made; the given one stays as it is. */
export function applyEdit(graph: IntegerGraph, edit: GraphEdit): IntegerGraph {
  const copy = parseGraph(serializeGraph(graph));
  if (edit.kind === 'table') {
    const { held, key } = find(copy, edit);
    held[key] = edit.entries;
    return copy;
  }
  for (const place of edit.places) {
    const { held, key } = find(copy, place);
    const value = held[key];
    if (typeof value !== 'number') throw new Error(`${describePlace(place)} is no number`);
    held[key] = flipBit(value, edit.bit, edit.bits, edit.signed);
  }
  return copy;
}

/** The object that holds a place, and the place's key in it. */
function find(graph: IntegerGraph, place: GraphPlace): { held: Fields; key: string } {
  const node = graph.nodes.find(({ output }) => output.name === place.tensor);
  const keys = place.field.split('.');
  if (place.index !== undefined) keys.push(String(place.index));
  const key = keys.pop() ?? '';
  let held: unknown = node;
  for (const step of keys) held = (held as Fields | null | undefined)?.[step];
  if (typeof held !== 'object' || held === null || !(key in held)) {
    throw new Error(`the graph has no ${describePlace(place)}`);
  }
  return { held: held as Fields, key };
}

export function describePlace({ tensor, field, index }: GraphPlace): string {
  return `${tensor} ${field}${index === undefined ? '' : `[${index}]`}`;
}
