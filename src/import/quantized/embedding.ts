import type { GraphInput, PatchEmbeddingNode, TensorType } from '../../ir/index.ts';
import { leadingTokens } from '../../model/index.ts';
import { type Context, residualType } from '../../quantize/context.ts';
import { dyadics } from '../../quantize/dyadic.ts';
import { MAX_EPILOGUE_SHIFT } from '../../quantize/linear.ts';
import { graphInput, offsets } from '../../quantize/patch-embedding.ts';
import type { Encoder } from '../match/encoder.ts';
import { tensorQuantizer } from '../match/quantizer.ts';
import { layerWeights } from './linear.ts';

/** The image's codes, in the steps of the file where it quantizes them. */
export function importedInput(context: Context, { embedding }: Encoder): GraphInput {
  const input = graphInput(context);
  const quantizer = tensorQuantizer(embedding.pixels);
  if (!quantizer) return input;
  const { format, scale } = quantizer;
  return { ...input, tensor: { ...input.tensor, format, scale } };
}

export function importedEmbedding(
  context: Context,
  { embedding }: Encoder,
  input: TensorType,
): PatchEmbeddingNode {
  const output = residualType(context, 'embedding', context.tokens);
  const weights = layerWeights(context, 'patchEmbedding', embedding, input);
  const factors = weights.steps.map((step) => (input.scale * step) / output.scale);
  const { multipliers, shift } = dyadics(factors, MAX_EPILOGUE_SHIFT);
  return {
    kind: 'patchEmbedding',
    output,
    input: input.name,
    leading: leadingTokens(context.model),
    weight: weights.codes,
    weightFormat: weights.format,
    path: 'patchEmbedding.weight',
    multiplier: multipliers,
    shift,
    offset: offsets(context, output, embedding.bias),
  };
}
