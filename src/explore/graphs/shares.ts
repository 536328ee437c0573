import type { MixedRows } from '../../dsl/quant-method.ts';
import { narrowRows } from '../../quantize/index.ts';
import type { PlanBits } from '../types.ts';
import type { GraphSource, Prepared, PreparedGraph } from './prepare.ts';

/**
 * Graphs to search over. One with rows of another kind is made of that without them: which channels
 * the rows are depends on the tile, and a plan sees no more of it than the width of a few constants.
 * The graph of a plan that is taken is quantized with its own rows.
 */
export function prepareShares(
  source: GraphSource,
  candidates: readonly (PlanBits | null)[],
  onGraph?: (name: string) => void,
): Prepared {
  const plain = new Map(candidates.map((bits) => [keyOf(bits), bits && { ...bits, rows: null }]));
  const { graphs, ...rest } = source.prepare([...plain.values()], onGraph);
  const made = new Map(graphs.map((graph) => [keyOf(graph.bits), graph]));
  return {
    graphs: candidates.flatMap((bits): readonly PreparedGraph[] => {
      const base = made.get(keyOf(bits));
      if (!base || !bits?.rows) return base ? [base] : [];
      return [{ bits, checked: withRows(base.checked, bits.rows) }];
    }),
    ...rest,
  };
}

/** Equal for bits that differ in their rows alone. */
const keyOf = (bits: PlanBits | null) => JSON.stringify(bits && { ...bits, rows: null });

function withRows({ graph, ...rest }: PreparedGraph['checked'], rows: MixedRows) {
  return { ...rest, graph: { ...graph, rows: narrowRows(rows, graph.nodes) } };
}
