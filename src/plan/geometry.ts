import type { IntegerGraph } from '../ir/index.ts';
import type { RowGroups } from './cycles.ts';
import type { EngineShape } from './engine.ts';
import { rowExponent } from './row-steps.ts';

/** The counts on which the row-wise units and the streams depend. */
export function rowGroups(graph: IntegerGraph, shape: EngineShape): RowGroups {
  const [patches, patchSize] = graph.input.tensor.shape as [number, number];
  const [tokens = 1, width = 1] = graph.nodes[0]?.output.shape ?? [];
  const classes = graph.nodes.at(-1)?.output.shape[1] ?? 1;
  return {
    rowExponent: rowExponent(graph),
    channels: Math.ceil(width / shape.vector),
    keys: Math.ceil(tokens / shape.vector),
    inputWords: patches * Math.ceil(patchSize / shape.inputs),
    resultWords: Math.ceil(classes / shape.outputs),
    classes,
  };
}
