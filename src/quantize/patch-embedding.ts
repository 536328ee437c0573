import { clip, roundHalfEven } from '../arithmetic/index.ts';
import { type GraphInput, type PatchEmbeddingNode, rangeOf, type TensorType } from '../ir/index.ts';
import { leadingTokens, type Model, patchCount, patchSize } from '../model/index.ts';
import { type Context, residualType, tensor } from './context.ts';
import { dyadics } from './dyadic.ts';
import { MAX_EPILOGUE_SHIFT } from './linear.ts';
import { scaleFor } from './scale.ts';
import { quantizeWeights } from './weights.ts';

/** The graph's input: every pixel 0..255 has a code, so no image can saturate. */
export function graphInput(context: Context): GraphInput {
  const { model, endActivation: format } = context;
  const { height, width, channels, mean, std } = model.image;
  const tensor: TensorType = {
    name: 'input',
    shape: [patchCount(model), patchSize(model)],
    format,
    scale: scaleFor(pixelPeak(model), format),
  };
  return {
    tensor,
    image: Object.freeze({ height, width, channels }),
    patch: model.patch,
    mean: [...mean],
    std: [...std],
  };
}

/** The largest magnitude that normalisation can make of a pixel of 0..1. */
function pixelPeak(model: Model): number {
  const { mean, std } = model.image;
  return mean.reduce((peak, m, c) => {
    const deviation = Math.max(Math.abs(m), Math.abs(1 - m));
    return Math.max(peak, deviation / (std[c] as number));
  }, 0);
}

export function patchEmbeddingNode(context: Context, input: TensorType): PatchEmbeddingNode {
  const { model, tokens } = context;
  const output = residualType(context, 'embedding', tokens);
  const weights = quantizeWeights(context, 'patchEmbedding', input, context.endWeight);
  const { codes, scales } = weights;
  const factors = scales.map((scale) => (input.scale * scale) / output.scale);
  const { multipliers, shift } = dyadics(factors, MAX_EPILOGUE_SHIFT);
  return {
    kind: 'patchEmbedding',
    output,
    input: input.name,
    leading: leadingTokens(model),
    weight: codes,
    weightFormat: context.endWeight,
    path: 'patchEmbedding.weight',
    multiplier: multipliers,
    shift,
    offset: offsets(context, output, weights.floatBias),
  };
}

/** Position embedding plus the class token (leading row) or the bias (patch rows), in output steps. */
function offsets(context: Context, output: TensorType, bias: readonly number[]): Int32Array {
  const { width } = context.model;
  const leading = leadingTokens(context.model);
  const position = tensor(context, 'positionEmbedding').data;
  const token = leading > 0 ? tensor(context, 'classToken').data : bias;
  const { low, high } = rangeOf(output.format);
  return Int32Array.from(position, (p, i) => {
    const row = Math.floor(i / width) < leading ? token : bias;
    return clip(roundHalfEven((p + (row[i % width] as number)) / output.scale), low, high);
  });
}
