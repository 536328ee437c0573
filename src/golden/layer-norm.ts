import { clip, roundShift } from '../arithmetic/index.ts';
import { type IntegerGraph, type LayerNormNode, rangeOf, tensorType } from '../ir/index.ts';
import { dimension, type Evaluator } from './evaluator.ts';
import { floorClip, roundingOf } from './rounding.ts';

/** The first `rows` rows of `[T, C]`, each normalized; docs/arithmetic.md, "Layer normalization". */
export function prepareLayerNorm(node: LayerNormNode, graph: IntegerGraph): Evaluator {
  const channels = dimension(tensorType(graph, node.input).shape, 1);
  const { low, high } = rangeOf(node.output.format);
  const { rows, table, bias } = node;
  const weight = new Float64Array(node.weight);
  const { inverse } = roundingOf(node.shift);
  const last = table.length - 1;
  return (read) => {
    const input = read(node.input);
    const output = new Int32Array(rows * channels);
    for (let row = 0; row < rows * channels; row += channels) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += input[row + c]!;
      const mean = roundShift(sum * node.meanMultiplier, node.meanShift);
      let squares = 0;
      for (let c = 0; c < channels; c++) {
        const deviation = input[row + c]! - mean;
        squares += deviation * deviation;
      }
      const index = roundShift(squares + node.varianceBias, node.varianceShift, 'floor');
      const reciprocalRoot = table[clip(index, 0, last)]!;
      for (let c = 0; c < channels; c++) {
        const scaled = (input[row + c]! - mean) * reciprocalRoot * weight[c]! + bias[c]!;
        output[row + c] = floorClip(scaled * inverse, low, high);
      }
    }
    return output;
  };
}
