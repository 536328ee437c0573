import { clip, roundHalfEven } from '../arithmetic/index.ts';
import { type GraphInput, type PatchEmbeddingNode, rangeOf, type TensorType } from '../ir/index.ts';
import { leadingPaths, leadingTokens, type Model, patchCount, patchSize } from '../model/index.ts';
import { activationFormat, type Context, residualType, tensor, weightFormat } from './context.ts';
import { dyadics } from './dyadic.ts';
import { MAX_EPILOGUE_SHIFT } from './linear.ts';
import { scaleFor } from './scale.ts';
import { quantizeWeights } from './weights.ts';

/** The graph's input: every pixel 0..255 has a code, so no image can saturate. */
export function graphInput(context: Context): GraphInput {
  const { model } = context;
  const format = activationFormat(context, 'input');
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
  const format = weightFormat(context, 'patchEmbedding');
  const weights = quantizeWeights(context, 'patchEmbedding', input, format);
  const { codes, scales } = weights;
  const factors = scales.map((scale) => (input.scale * scale) / output.scale);
  const { multipliers, shift } = dyadics(factors, MAX_EPILOGUE_SHIFT);
  return {
    kind: 'patchEmbedding',
    output,
    input: input.name,
    leading: leadingTokens(model),
    weight: codes,
    weightFormat: format,
    path: 'patchEmbedding.weight',
    multiplier: multipliers,
    shift,
    offset: offsets(context, output, weights.floatBias),
  };
}

/** Position embedding plus the class token (leading row) or the bias (patch rows), in output steps. */
export function offsets(context: Context, output: TensorType, bias: ArrayLike<number>): Int32Array {
  const { width } = context.model;
  const position = tensor(context, 'positionEmbedding').data;
  const tokens: readonly ArrayLike<number>[] = leadingPaths(context.model).map(
    (path) => tensor(context, path).data,
  );
  const { low, high } = rangeOf(output.format);
  return Int32Array.from(position, (p, i) => {
    const row = tokens[Math.floor(i / width)] ?? bias;
    return clip(roundHalfEven((p + (row[i % width] as number)) / output.scale), low, high);
  });
}
