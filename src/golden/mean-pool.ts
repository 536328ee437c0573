import { clip, roundShift } from '../arithmetic/index.ts';
import { type IntegerGraph, type MeanPoolNode, rangeOf, tensorType } from '../ir/index.ts';
import { dimension, type Evaluator } from './evaluator.ts';

/** `[T, C]` to the mean of its rows `[1, C]`; docs/arithmetic.md, "Mean pooling". */
export function prepareMeanPool(node: MeanPoolNode, graph: IntegerGraph): Evaluator {
  const channels = dimension(tensorType(graph, node.input).shape, 1);
  const { low, high } = rangeOf(node.output.format);
  const first = (node.firstRow ?? 0) * channels;
  return (read) => {
    const input = read(node.input);
    const output = new Int32Array(channels);
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let at = first + c; at < input.length; at += channels) sum += input[at]!;
      output[c] = clip(roundShift(sum * node.multiplier, node.shift), low, high);
    }
    return output;
  };
}
