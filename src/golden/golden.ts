import {
  EXPONENTS_SUFFIX,
  elementCount,
  type IntegerGraph,
  type IntegerNode,
} from '../ir/index.ts';
import type { Evaluator } from './evaluator.ts';
import { inputsOf } from './inputs-of.ts';
import { prepareLayerNorm } from './layer-norm.ts';
import { prepareLinear } from './linear.ts';
import { prepareMeanPool } from './mean-pool.ts';
import { preparePatchEmbedding } from './patch-embedding.ts';
import { prepareScores } from './scores.ts';
import { prepareSoftmax } from './softmax.ts';
import { prepareWeightedValues } from './weighted-values.ts';

/**
 * Codes of tensors of a graph by name, the input's included, row-major. Where rows have steps of
 * their own, their exponents stand beside them, `NAME.exponents`.
 */
export type GoldenTensors = ReadonlyMap<string, Int32Array>;

/** A graph made ready: from the input's codes `[patches, patchSize]` to those of the tensors kept. */
export type Golden = (input: Int32Array) => GoldenTensors;

/** All tensors of a run, or only the last one, so that the others are freed on the way. */
export type Keep = 'all' | 'result';

/**
 * The integer reference model of a graph that the check stage has passed. Prepare once, run on
 * many images. Running throws an Error when the input has another number of codes than the graph's.
 */
export function prepareGolden(graph: IntegerGraph, keep: Keep = 'all'): Golden {
  const { tensor } = graph.input;
  const lastReader = new Map(graph.nodes.flatMap((n, i) => inputsOf(n).map((name) => [name, i])));
  const steps = graph.nodes.map((node, i) => ({
    name: node.output.name,
    evaluate: prepareNode(node, graph),
    drop: keep === 'all' ? [] : inputsOf(node).filter((name) => lastReader.get(name) === i),
  }));
  return (input) => {
    if (input.length !== elementCount(tensor)) {
      throw new Error(
        `${input.length} codes are not the ${elementCount(tensor)} of ${tensor.name}`,
      );
    }
    const tensors = new Map([[tensor.name, input]]);
    const read = (name: string) => {
      const codes = tensors.get(name);
      if (!codes) throw new Error(`the tensor ${name} is read before it is made`);
      return codes;
    };
    const write = (name: string, values: Int32Array) => tensors.set(name, values);
    for (const { name, evaluate, drop } of steps) {
      tensors.set(name, evaluate(read, write));
      for (const dead of drop) {
        tensors.delete(dead);
        tensors.delete(dead + EXPONENTS_SUFFIX);
      }
    }
    return tensors;
  };
}

/** One image through the golden model; `prepareGolden` serves many. */
export function runGolden(graph: IntegerGraph, input: Int32Array): GoldenTensors {
  return prepareGolden(graph)(input);
}

/** The result of a run: the codes of the last node's output, one per class. */
export function goldenResult(graph: IntegerGraph, tensors: GoldenTensors): Int32Array {
  const name = graph.nodes.at(-1)?.output.name;
  const codes = name === undefined ? undefined : tensors.get(name);
  if (!codes) throw new Error(`the run holds no result of the graph ${graph.name}`);
  return codes;
}

/** Index of the largest code, the first one when several are equal. Throws on an empty array. */
export function argMax(codes: ArrayLike<number>): number {
  if (codes.length === 0) throw new Error('an empty array has no largest element');
  let best = 0;
  for (let i = 1; i < codes.length; i++) {
    if (codes[i]! > codes[best]!) best = i;
  }
  return best;
}

function prepareNode(node: IntegerNode, graph: IntegerGraph): Evaluator {
  switch (node.kind) {
    case 'patchEmbedding':
      return preparePatchEmbedding(node, graph);
    case 'layerNorm':
      return prepareLayerNorm(node, graph);
    case 'linear':
      return prepareLinear(node, graph);
    case 'scores':
      return prepareScores(node, graph);
    case 'softmax':
      return prepareSoftmax(node, graph);
    case 'weightedValues':
      return prepareWeightedValues(node, graph);
    case 'meanPool':
      return prepareMeanPool(node, graph);
  }
}
