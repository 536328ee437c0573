import type {
  IntegerGraph,
  LinearNode,
  ScoresNode,
  SoftmaxNode,
  WeightedValuesNode,
} from '../../ir/index.ts';
import { type EngineShape, keyOutputs, wordElements } from '../engine.ts';
import type { WeightSegment } from '../program.ts';

/** The nodes of one attention, which are scheduled together, head by head. */
export interface AttentionGroup {
  readonly query: LinearNode;
  readonly key: LinearNode;
  readonly value: LinearNode;
  readonly scores: ScoresNode;
  readonly softmax: SoftmaxNode;
  readonly weighted: WeightedValuesNode;
  readonly heads: number;
  readonly tokens: number;
  /** Channels of one head. */
  readonly headWidth: number;
}

/** Finds every attention of a graph. Throws on a graph that the check stage would have refused. */
export function attentionGroups(graph: IntegerGraph): AttentionGroup[] {
  const linear = (name: string): LinearNode => {
    const node = graph.nodes.find((n) => n.output.name === name);
    if (node?.kind !== 'linear') throw new Error(`${name} is not the output of a linear node`);
    return node;
  };
  return graph.nodes.flatMap((scores): AttentionGroup[] => {
    if (scores.kind !== 'scores') return [];
    const softmax = graph.nodes.find(
      (n): n is SoftmaxNode => n.kind === 'softmax' && n.input === scores.output.name,
    );
    const weighted = graph.nodes.find(
      (n): n is WeightedValuesNode =>
        n.kind === 'weightedValues' && n.probability === softmax?.output.name,
    );
    if (!softmax || !weighted) throw new Error(`${scores.output.name} has no softmax or values`);
    const [tokens, channels] = weighted.output.shape as [number, number];
    return [
      {
        query: linear(scores.query),
        key: linear(scores.key),
        value: linear(weighted.value),
        scores,
        softmax,
        weighted,
        heads: scores.heads,
        tokens,
        headWidth: channels / scores.heads,
      },
    ];
  });
}

/**
 * The parts of a linear node's reduction that lie apart in memory: heads of an attention, padded to
 * output tiles, or rows that are joined, padded to words. Null where it lies in one piece.
 */
export function inputParts(
  graph: IntegerGraph,
  shape: EngineShape,
  { input, join = 1 }: LinearNode,
): WeightSegment['heads'] {
  const source = graph.nodes.find((n) => n.output.name === input);
  const [, width = 1] = source?.output.shape ?? [];
  if (join > 1) {
    const word = wordElements(shape);
    return { count: join, width, pitch: Math.ceil(width / word) * word };
  }
  if (source?.kind !== 'weightedValues') return null;
  const count = source.heads;
  return { count, width: width / count, pitch: headPitch(width / count, keyOutputs(shape)) };
}

/** Channels from one head to the next in the concatenated values: each starts at an output tile. */
export function headPitch(headWidth: number, outputs: number): number {
  return Math.ceil(headWidth / outputs) * outputs;
}
