import { clip, roundShift } from '../arithmetic/index.ts';
import { type IntegerGraph, type PatchEmbeddingNode, rangeOf, tensorType } from '../ir/index.ts';
import { dimension, type Evaluator } from './evaluator.ts';
import { prepareProduct } from './product.ts';

/** Patches `[P, K]` to tokens `[T, C]`; docs/arithmetic.md, "Patch embedding". */
export function preparePatchEmbedding(node: PatchEmbeddingNode, graph: IntegerGraph): Evaluator {
  const { shape } = tensorType(graph, node.input);
  const patches = dimension(shape, 0);
  const patchSize = dimension(shape, 1);
  const tokens = dimension(node.output.shape, 0);
  const channels = dimension(node.output.shape, 1);
  const { low, high } = rangeOf(node.output.format);
  const { multiplier, offset, shift } = node;
  const product = prepareProduct(node.weight, channels, patchSize);
  // Leading rows have the sum 0, and where they replace patches, the first sums are not used.
  const skipped = patches - (tokens - node.leading);
  const first = node.leading * channels;
  const requantize = (sum: number, channel: number) =>
    clip(roundShift(sum * multiplier[channel]!, shift), low, high);
  return (read) => {
    const sums = product(read(node.input), patches);
    const output = new Int32Array(tokens * channels);
    output.set(sums.subarray(skipped * channels), first);
    for (let at = 0; at < output.length; at++) {
      const channel = at % channels;
      output[at] =
        node.offsetTo === 'accumulator'
          ? requantize(output[at]! + offset[at]!, channel)
          : clip(requantize(output[at]!, channel) + offset[at]!, low, high);
    }
    return output;
  };
}
