import { clip, roundShift } from '../arithmetic/index.ts';
import { type IntegerGraph, type PatchEmbeddingNode, rangeOf, tensorType } from '../ir/index.ts';
import { dimension, type Evaluator } from './evaluator.ts';
import { productTransposed } from './product.ts';

/** Patches `[P, K]` to tokens `[leading + P, C]`; docs/arithmetic.md, "Patch embedding". */
export function preparePatchEmbedding(node: PatchEmbeddingNode, graph: IntegerGraph): Evaluator {
  const { shape } = tensorType(graph, node.input);
  const patches = dimension(shape, 0);
  const patchSize = dimension(shape, 1);
  const channels = dimension(node.output.shape, 1);
  const { low, high } = rangeOf(node.output.format);
  const { multiplier, offset, shift } = node;
  const first = node.leading * channels;
  return (read) => {
    const sums = productTransposed(read(node.input), node.weight, patches, channels, patchSize);
    // A row without a patch has the sum 0, which the requantization leaves at 0.
    const output = new Int32Array(first + sums.length);
    for (let i = 0; i < first; i++) output[i] = clip(offset[i]!, low, high);
    for (let row = 0; row < sums.length; row += channels) {
      for (let c = 0; c < channels; c++) {
        const at = first + row + c;
        const scaled = clip(roundShift(sums[row + c]! * multiplier[c]!, shift), low, high);
        output[at] = clip(scaled + offset[at]!, low, high);
      }
    }
    return output;
  };
}
