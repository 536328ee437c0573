import { clip, roundShift } from '../arithmetic/index.ts';
import {
  type IntegerGraph,
  type ReciprocalTable,
  rangeOf,
  type SoftmaxNode,
  tensorType,
} from '../ir/index.ts';
import { dimension, type Evaluator } from './evaluator.ts';
import { floorClip, roundingOf } from './rounding.ts';

/** Softmax of each row of `[H, Q, K]`; docs/arithmetic.md, "Softmax". */
export function prepareSoftmax(node: SoftmaxNode, graph: IntegerGraph): Evaluator {
  const keys = dimension(tensorType(graph, node.input).shape, 2);
  const { low, high } = rangeOf(node.output.format);
  const { expTable, expBias } = node;
  const { inverse } = roundingOf(node.expShift);
  const last = expTable.length - 1;
  return (read) => {
    const input = read(node.input);
    const output = new Int32Array(input.length);
    for (let row = 0; row < input.length; row += keys) {
      let max = input[row]!;
      for (let j = 1; j < keys; j++) {
        const x = input[row + j]!;
        if (x > max) max = x;
      }
      // The exponentials wait in the output until their sum is known.
      let sum = 0;
      for (let j = row; j < row + keys; j++) {
        const exponential = expTable[floorClip((max - input[j]! + expBias) * inverse, 0, last)]!;
        output[j] = exponential;
        sum += exponential;
      }
      const part = reciprocalPart(node, sum);
      const reciprocal = part.table[clip(tableIndex(part, sum), 0, part.table.length - 1)]!;
      const { inverse: scale } = roundingOf(part.shift);
      for (let j = row; j < row + keys; j++) {
        output[j] = floorClip((output[j]! * reciprocal + part.bias) * scale, low, high);
      }
    }
    return output;
  };
}

/** Table one as long as it reaches; clipping of its index from below does not matter here. */
function reciprocalPart(node: SoftmaxNode, sum: number): ReciprocalTable {
  return tableIndex(node.one, sum) <= node.one.table.length - 1 ? node.one : node.two;
}

function tableIndex({ indexBias, indexShift }: ReciprocalTable, sum: number): number {
  return roundShift(sum + indexBias, indexShift, 'floor');
}
