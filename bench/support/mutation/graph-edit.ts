import { type IntegerGraph, parseGraph, serializeGraph } from '../../../src/ir/index.ts';
import { flipBit } from './mutation.ts';

/** A number of the integer graph: of the node that makes `tensor`, `epilogue.bias` or `shift`. */
export interface GraphPlace {
  readonly tensor: string;
  readonly field: string;
  /** Absent for a number that is no array. */
  readonly index?: number | undefined;
}

/** One bit flipped at one place, or at several that share one memory word. */
export interface GraphEdit {
  readonly places: readonly GraphPlace[];
  readonly bit: number;
  /** Width and sign of the number where the hardware has it. */
  readonly bits: number;
  readonly signed: boolean;
}

type Fields = Record<string, unknown>;

/** The graph with the edit made; the given one stays as it is. */
export function applyEdit(graph: IntegerGraph, edit: GraphEdit): IntegerGraph {
  const copy = parseGraph(serializeGraph(graph));
  for (const { tensor, field, index } of edit.places) {
    const node = copy.nodes.find(({ output }) => output.name === tensor);
    const path = field.split('.');
    const last = path.pop() ?? '';
    let at = node as unknown as Fields | undefined;
    for (const key of path) at = at?.[key] as Fields | undefined;
    const held = index === undefined ? at : (at?.[last] as Fields | undefined);
    const key = index === undefined ? last : String(index);
    const value = held?.[key];
    if (held === undefined || typeof value !== 'number') {
      throw new Error(`${tensor} has no number ${field}${index === undefined ? '' : `[${index}]`}`);
    }
    held[key] = flipBit(value, edit.bit, edit.bits, edit.signed);
  }
  return copy;
}

export function describePlace({ tensor, field, index }: GraphPlace): string {
  return `${tensor} ${field}${index === undefined ? '' : `[${index}]`}`;
}
