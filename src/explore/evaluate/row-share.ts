import type { CheckedGraph } from '../../check/index.ts';

/**
 * A graph of which some rows of every layer have weights of another kind, `outputs` of `of`, as a
 * tile with so many outputs has them: the same share, whatever the numbers. The graph itself where
 * there are no such rows, and null where the share is no whole number of outputs.
 *
 * Which channels they are says nothing to a plan but for the width of constants.
 */
export function rowsInTile(checked: CheckedGraph, tileOutputs: number): CheckedGraph | null {
  const { rows } = checked.graph;
  if (!rows) return checked;
  const outputs = (rows.outputs * tileOutputs) / rows.of;
  if (!Number.isInteger(outputs)) return null;
  return { ...checked, graph: { ...checked.graph, rows: { ...rows, outputs, of: tileOutputs } } };
}
