import { clip, roundShift } from '../arithmetic/index.ts';
import {
  EXPONENTS_SUFFIX,
  type IntegerGraph,
  type LayerNormNode,
  rangeOf,
  signedBits,
  tensorType,
} from '../ir/index.ts';
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
  const { rowExponent: largest = 0 } = node.output;
  const quantize = largest > 0 ? rowQuantizer(node, largest) : null;
  return (read, write) => {
    const input = read(node.input);
    const output = new Int32Array(rows * channels);
    const exponents = new Int32Array(quantize ? rows : 0);
    const values = new Float64Array(quantize ? channels : 0);
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
        if (quantize) values[c] = scaled;
        else output[row + c] = floorClip(scaled * inverse, low, high);
      }
      if (!quantize) continue;
      exponents[row / channels] = quantize(values, output.subarray(row, row + channels));
    }
    if (quantize) write?.(node.output.name + EXPONENTS_SUFFIX, exponents);
    return output;
  };
}

/**
 * Codes of a row at the finest step that holds it; docs/arithmetic.md, "Steps per token". Fills
 * `codes` and gives the exponent.
 */
function rowQuantizer({ output: { format }, shift }: LayerNormNode, largest: number) {
  const { low, high } = rangeOf(format);
  const fine = 2 ** -(shift - largest - 1);
  const top = 2 ** (signedBits(format) + largest);
  return (values: Float64Array, codes: Int32Array): number => {
    // Magnitudes in one's complement: a power of two bounds all of them when it bounds this.
    let most = 0;
    for (const value of values) {
      const w = Math.floor(value * fine);
      most = Math.max(most, w < 0 ? -w - 1 : w);
    }
    let exponent = largest;
    while (exponent > 0 && most >= top * 2 ** -exponent) exponent--;
    const { half, inverse } = roundingOf(shift - exponent);
    for (let c = 0; c < values.length; c++) {
      codes[c] = floorClip((values[c]! + half) * inverse, low, high);
    }
    return exponent;
  };
}
