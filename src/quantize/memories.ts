import type { LayerNormNode, LinearNode, NumberFormat, TensorType } from '../ir/index.ts';
import { activationType, type Context, roundingConstant, STREAM_SUFFIX } from './context.ts';
import { dyadic, dyadics } from './dyadic.ts';
import { MAX_EPILOGUE_SHIFT } from './linear.ts';

/*
 * Nodes that change the format of tokens and nothing else. Branches read activations, sums and
 * means the residual stream, and only LayerNorms and products lead from one to the other; models
 * whose norms do not stand between the two need these.
 */

const MAX_MULTIPLIER_BITS = 11;

/**
 * The first `rows` rows of the residual stream as activations: a LayerNorm without its norm.
 *
 * @param seen the tensor that calibration saw of them
 */
export function activationNode(
  context: Context,
  input: TensorType,
  rows: number,
  format: NumberFormat = context.activation,
  seen = input.name,
): LayerNormNode {
  const { width } = context.model;
  return activationOf(input, activationType(context, seen, [rows, width], 'weights', format));
}

/** The first rows of the residual stream as activations of a type `[rows, width]`. */
export function activationOf(input: TensorType, type: TensorType): LayerNormNode {
  const [rows = 0, width = 0] = type.shape;
  const name = `${input.name}.activation`;
  const { scale, zeroPoint = 0 } = type;
  const { multiplier, shift } = dyadic(
    input.scale / scale,
    MAX_EPILOGUE_SHIFT - MAX_MULTIPLIER_BITS,
  );
  return {
    kind: 'layerNorm',
    output: { ...type, name },
    input: input.name,
    path: `${name}.weight`,
    rows,
    // |sum| of a row is at most 2^(bits-1) * width, which this shift rounds to a mean of 0.
    ...{ meanMultiplier: 1, meanShift: input.format.bits + Math.ceil(Math.log2(width)) },
    // The table has one entry, whatever the index.
    ...{ varianceBias: 0, varianceShift: MAX_EPILOGUE_SHIFT },
    table: Int32Array.of(multiplier),
    weight: new Int32Array(width).fill(1),
    bias: new Float64Array(width).fill(roundingConstant(shift) + zeroPoint * 2 ** shift),
    shift,
  };
}

/** A step of the residual stream is this share of one of the activations that it is made from. */
const STREAM_STEPS = 2 ** 7;

/**
 * Activations as a residual stream: a product with the unit matrix, whose skip connection is shifted
 * away. `old` is the stream that it takes the place of.
 */
export function streamNode(context: Context, input: TensorType, old: TensorType): LinearNode {
  const { width } = context.model;
  const name = `${input.name}${STREAM_SUFFIX}`;
  const format = context.residual;
  // Codes less their zero point have one bit more.
  const least = input.zeroPoint ? -1 : 0;
  const spare = 2 ** Math.max(least, format.bits - input.format.bits - 1);
  const scale = input.scale / Math.min(STREAM_STEPS, spare);
  const weight = new Int32Array(width * width);
  for (let c = 0; c < width; c++) weight[c * width + c] = 1;
  const { multipliers, shift } = dyadics(
    Array(width).fill(input.scale / scale),
    MAX_EPILOGUE_SHIFT,
  );
  return {
    kind: 'linear',
    output: { name, shape: [context.tokens, width], format, scale },
    input: input.name,
    path: `${name}.weight`,
    weight,
    weightFormat: context.weight,
    epilogue: {
      bias: new Int32Array(width).fill(-(input.zeroPoint ?? 0)),
      multiplier: multipliers,
      shift,
      low: -(2 ** (format.bits - 1)),
      high: 2 ** (format.bits - 1) - 1,
      table: null,
      // `x * 2^-31` is 0 for every stream: only its place is taken.
      residual: { input: old.name, multiplier: 1, shift: 31 },
    },
  };
}
