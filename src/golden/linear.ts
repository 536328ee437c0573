import {
  EXPONENTS_SUFFIX,
  type IntegerGraph,
  type LinearNode,
  rangeOf,
  scaledWeights,
  tensorType,
} from '../ir/index.ts';
import { applyEpilogue } from './epilogue.ts';
import { dimension, type Evaluator } from './evaluator.ts';
import { prepareProduct } from './product.ts';

/** `[T, K]` to `[T, N]`; docs/arithmetic.md, "Linear". */
export function prepareLinear(node: LinearNode, graph: IntegerGraph): Evaluator {
  const { shape, rowExponent = 0 } = tensorType(graph, node.input);
  const { join = 1 } = node;
  const rows = dimension(shape, 0) / join;
  const inputs = dimension(shape, 1) * join;
  // Factors of groups go into the weights: a sum of scaled sums is the same number.
  const weight = scaledWeights(node.weight, inputs, node.groups);
  const product = prepareProduct(weight, dimension(node.output.shape, 1), inputs);
  const range = rangeOf(node.output.format);
  const { residual } = node.epilogue;
  return (read) => {
    const values = product(read(node.input), rows);
    const exponents = rowExponent > 0 ? read(node.input + EXPONENTS_SUFFIX) : null;
    applyEpilogue(values, node.epilogue, residual && read(residual.input), range, exponents);
    return values;
  };
}
