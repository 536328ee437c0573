import type { IntegerGraph } from '../../../src/ir/index.ts';

/** A table of the integer graph. */
export interface GraphTable {
  readonly tensor: string;
  readonly field: string;
  readonly entries: Int32Array;
  /** Bits of an entry. */
  readonly bits: number;
  readonly signed: boolean;
}

/** Every table of the golden model. */
export function tablePlaces(graph: IntegerGraph): GraphTable[] {
  return graph.nodes.flatMap((node): GraphTable[] => {
    const { name: tensor } = node.output;
    const unsigned = (field: string, entries: Int32Array, bits: number) => {
      return { tensor, field, entries, bits, signed: false };
    };
    switch (node.kind) {
      case 'layerNorm':
        return [unsigned('table', node.table, 16)];
      case 'softmax':
        return [
          unsigned('expTable', node.expTable, bitLength(node.expTable)),
          unsigned('one.table', node.one.table, 16),
          unsigned('two.table', node.two.table, 16),
        ];
      case 'linear': {
        const { table } = node.epilogue;
        const { bits } = node.output.format;
        if (!table) return [];
        return [{ tensor, field: 'epilogue.table', entries: table, bits, signed: true }];
      }
      default:
        return [];
    }
  });
}

function bitLength(entries: Int32Array): number {
  return Math.max(1, 32 - Math.clz32(entries.reduce((a, b) => Math.max(a, b), 0)));
}
