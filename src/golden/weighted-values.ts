import {
  type IntegerGraph,
  requantizationOf,
  tensorType,
  type WeightedValuesNode,
} from '../ir/index.ts';
import { headSlice, requantizeTensor, transpose } from './attention.ts';
import { dimension, type Evaluator } from './evaluator.ts';
import { productTransposed } from './product.ts';

/** Probabilities `[H, Q, K]` and values `[K, C]` to `[Q, C]`; docs/arithmetic.md, "Weighted values". */
export function prepareWeightedValues(node: WeightedValuesNode, graph: IntegerGraph): Evaluator {
  const { shape } = tensorType(graph, node.probability);
  const queries = dimension(shape, 1);
  const keys = dimension(shape, 2);
  const channels = dimension(tensorType(graph, node.value).shape, 1);
  const size = channels / node.heads;
  const requantization = requantizationOf(node);
  return (read) => {
    const probability = read(node.probability);
    const value = read(node.value);
    const output = new Int32Array(queries * channels);
    for (let head = 0; head < node.heads; head++) {
      const first = head * queries * keys;
      const left = probability.subarray(first, first + queries * keys);
      const right = transpose(headSlice(value, channels, head * size, size), size);
      const sums = productTransposed(left, right, queries, size, keys);
      for (let i = 0; i < queries; i++) {
        output.set(sums.subarray(i * size, (i + 1) * size), i * channels + head * size);
      }
    }
    requantizeTensor(output, requantization);
    return output;
  };
}
