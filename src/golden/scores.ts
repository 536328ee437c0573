import { type IntegerGraph, requantizationOf, type ScoresNode, tensorType } from '../ir/index.ts';
import { headSlice, requantizeTensor } from './attention.ts';
import { dimension, type Evaluator } from './evaluator.ts';
import { productTransposed } from './product.ts';

/** Query `[Q, C]` and key `[K, C]` to scores `[H, Q, K]`; docs/arithmetic.md, "Scores". */
export function prepareScores(node: ScoresNode, graph: IntegerGraph): Evaluator {
  const { shape } = tensorType(graph, node.query);
  const queries = dimension(shape, 0);
  const channels = dimension(shape, 1);
  const keys = dimension(tensorType(graph, node.key).shape, 0);
  const size = channels / node.heads;
  const requantization = requantizationOf(node);
  return (read) => {
    const query = read(node.query);
    const key = read(node.key);
    const output = new Int32Array(node.heads * queries * keys);
    for (let head = 0; head < node.heads; head++) {
      const left = headSlice(query, channels, head * size, size);
      const right = headSlice(key, channels, head * size, size);
      output.set(productTransposed(left, right, queries, keys, size), head * queries * keys);
    }
    requantizeTensor(output, requantization);
    return output;
  };
}
