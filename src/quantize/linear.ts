import { clip } from '../arithmetic/index.ts';
import {
  type Epilogue,
  type LinearNode,
  type NumberFormat,
  type Range,
  rangeOf,
  type TensorType,
  uniform,
} from '../ir/index.ts';
import { type Activation, type FloatTensor, headPaths } from '../model/index.ts';
import { quantizeAffine } from './affine.ts';
import { activationType, type Context, statisticsOf, tensor, weightFormat } from './context.ts';
import { dyadic, dyadics } from './dyadic.ts';
import { preActivation } from './float-model.ts';
import { gelu } from './gelu.ts';
import { scaleFor } from './scale.ts';
import { quantizeWeights } from './weights.ts';

export const MAX_EPILOGUE_SHIFT = 47;
const MAX_RESIDUAL_SHIFT = 31;

/** Logits are left wide: the host compares them, nothing multiplies them. */
const LOGITS: NumberFormat = uniform(16);
const LOGITS_HEADROOM = 1.5;

/** A GELU's table is indexed by 8 bits whatever the activations are: 256 entries. */
const GELU_INDEX: NumberFormat = uniform(8);
/** `gelu(x)` for `x` below is within 2e-5 of 0, so an index that saturates there loses nothing. */
const GELU_ZERO = -4.5;

/** What becomes of a linear layer's accumulator before a skip connection is added. */
interface Requantization {
  /** Real value of one step of the clipped integer. */
  readonly scale: number;
  readonly range: Range;
  /** The clipped integer that stands for 0. */
  readonly zeroPoint: number;
  readonly table: Int32Array | null;
}

/** Beyond this a zero point is of a channel whose step is far below that of the output. */
const LARGEST_ZERO_POINT_TERM = 2 ** 30;

/** A linear layer at `path` (without `.weight`), its result requantized to `output`. */
export function linearNode(
  context: Context,
  path: string,
  input: TensorType,
  output: TensorType,
  requantization: Requantization = {
    scale: output.scale,
    range: rangeOf(output.format),
    zeroPoint: output.zeroPoint ?? 0,
    table: null,
  },
  skip: TensorType | null = null,
): LinearNode {
  const format = weightFormat(context, path);
  const { codes, groups, scales, bias } = quantizeWeights(context, path, input, format);
  const factors = scales.map((scale) => (input.scale * scale) / requantization.scale);
  const { multipliers, shift } = dyadics(factors, MAX_EPILOGUE_SHIFT);
  const epilogue: Epilogue = {
    bias: bias.map((b, n) => b + zeroPointTerm(requantization.zeroPoint, multipliers[n]!, shift)),
    multiplier: multipliers,
    shift,
    ...requantization.range,
    table: requantization.table,
    residual: skip && {
      input: skip.name,
      ...dyadic(skip.scale / output.scale, MAX_RESIDUAL_SHIFT),
    },
  };
  return {
    kind: 'linear',
    output,
    input: input.name,
    path: `${path}.weight`,
    weight: codes,
    weightFormat: format,
    ...(groups && { groups }),
    epilogue,
  };
}

/** What adds `zeroPoint` to the requantized integer, in accumulator units. */
export function zeroPointTerm(zeroPoint: number, multiplier: number, shift: number): number {
  const term = Math.round((zeroPoint * 2 ** shift) / multiplier);
  return clip(term, -LARGEST_ZERO_POINT_TERM, LARGEST_ZERO_POINT_TERM) + 0;
}

/** A layer of a feed-forward branch that is not its last: linear, then the activation. */
export function hiddenLayer(
  context: Context,
  name: string,
  input: TensorType,
  width: number,
  activation: Activation,
): LinearNode {
  const output = activationType(context, name, [context.tokens, width]);
  return linearNode(context, name, input, output, activationOf(context, name, output, activation));
}

/** The head, or two whose logits are averaged: logits at one common scale. */
export function headNode(context: Context, input: TensorType): LinearNode {
  const paths = headPaths(context.model);
  const output: TensorType = {
    name: 'logits',
    shape: [1, context.model.classes],
    format: LOGITS,
    scale: scaleFor(LOGITS_HEADROOM * statisticsOf(context, 'logits').peak, LOGITS),
  };
  const last = (given: Context, path: string) => linearNode(given, path, input, output);
  const [path = 'head', second] = paths;
  if (!second) return last(context, path);
  // The mean of two heads is one linear layer over both rows.
  const parameters = new Map(context.parameters).set('head.weight', meanOfHeads(context, paths));
  const biases = paths.map((p) => tensor(context, `${p}.bias`).data);
  const mean = (n: number) => biases.reduce((sum, b) => sum + (b[n] as number), 0) / paths.length;
  const { classes } = context.model;
  parameters.set('head.bias', {
    shape: [classes],
    data: Float32Array.from({ length: classes }, (_, n) => mean(n)),
  });
  const joined = { ...context, parameters };
  return { ...last(joined, 'head'), join: paths.length };
}

/** The weights of the heads side by side, `[classes, heads * width]`, over the number of heads. */
function meanOfHeads(context: Context, paths: readonly string[]): FloatTensor {
  const { classes, width } = context.model;
  const data = new Float32Array(classes * paths.length * width);
  paths.forEach((path, h) => {
    tensor(context, `${path}.weight`).data.forEach((w, i) => {
      const [n, k] = [Math.floor(i / width), i % width];
      data[(n * paths.length + h) * width + k] = w / paths.length;
    });
  });
  return { shape: [classes, paths.length * width], data };
}

function activationOf(
  context: Context,
  name: string,
  output: TensorType,
  activation: Activation,
): Requantization {
  const range = rangeOf(output.format);
  const { zeroPoint = 0 } = output;
  switch (activation) {
    case 'none':
      return { scale: output.scale, range, zeroPoint, table: null };
    case 'relu':
      return { scale: output.scale, range: { ...range, low: zeroPoint }, zeroPoint, table: null };
    case 'gelu': {
      const { min, max } = statisticsOf(context, preActivation(name));
      const index = rangeOf(GELU_INDEX);
      const wanted = Math.max(max / index.high, Math.max(min, GELU_ZERO) / index.low);
      const scale = wanted > 0 ? wanted : 1;
      return { scale, range: index, zeroPoint: 0, table: geluTable(scale, output) };
    }
  }
}

/** `table[t - low] = quantize(gelu(t * scale))` for each index `t`: activation and requantization in one. */
function geluTable(scale: number, output: TensorType): Int32Array {
  const { low, high } = rangeOf(GELU_INDEX);
  const codes = rangeOf(output.format);
  const affine = { scale: output.scale, zeroPoint: output.zeroPoint ?? 0 };
  return Int32Array.from({ length: high - low + 1 }, (_, i) =>
    quantizeAffine(gelu((low + i) * scale), affine, codes.low, codes.high),
  );
}
