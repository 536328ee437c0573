import { clip, roundHalfEven } from '../../arithmetic/index.ts';
import type {
  Epilogue,
  LinearNode,
  NumberFormat,
  TensorRequantization,
  TensorType,
} from '../../ir/index.ts';
import { rangeOf } from '../../ir/index.ts';
import type { Context } from '../../quantize/context.ts';
import { dyadic, dyadics } from '../../quantize/dyadic.ts';
import { MAX_EPILOGUE_SHIFT } from '../../quantize/linear.ts';
import { quantizeWeights } from '../../quantize/weights.ts';
import type { Linear } from '../match/linear.ts';
import { formatOf } from '../match/quantizer.ts';

const MAX_RESIDUAL_SHIFT = 31;
const LARGEST_BIAS = 2 ** 31 - 1;

/** Integer weights of a layer: those of the file, or quantized here where the file has floats. */
export interface LayerWeights {
  readonly codes: Int32Array;
  /** Per output channel. */
  readonly steps: readonly number[];
  readonly bias: Int32Array;
  readonly format: NumberFormat;
}

type Layer = Pick<Linear, 'weight' | 'bias' | 'codes'>;

/**
 * The integers of the file for a layer whose input is of the given type. They are taken as they are
 * where each output channel has one step; otherwise, and for float weights, the layer is quantized
 * by the settings of the design. `round` is that of the bias.
 */
export function layerWeights(
  context: Context,
  path: string,
  layer: Layer,
  type: TensorType,
  round: (x: number) => number = roundHalfEven,
): LayerWeights {
  const out = layer.bias.length;
  const input = layer.weight.length / out;
  const kept = layer.codes && keptCodes(layer.codes, out, input);
  if (!kept) {
    const parameters = new Map(context.parameters)
      .set(`${path}.weight`, { shape: [out, input], data: layer.weight })
      .set(`${path}.bias`, { shape: [out], data: layer.bias });
    const made = quantizeWeights({ ...context, parameters }, path, type, context.weight);
    return { codes: made.codes, steps: made.scales, bias: made.bias, format: context.weight };
  }
  const { scale, zeroPoint = 0 } = type;
  const bias = Int32Array.from(layer.bias, (b, n) => {
    const row = kept.codes.subarray(n * input, (n + 1) * input);
    const known = zeroPoint === 0 ? 0 : zeroPoint * row.reduce((sum, code) => sum + code, 0);
    const own = b / (scale * (kept.steps[n] as number));
    return clip(round(own - known), -LARGEST_BIAS, LARGEST_BIAS);
  });
  return { ...kept, bias };
}

function keptCodes({ values, steps }: NonNullable<Linear['codes']>, out: number, input: number) {
  const codes = new Int32Array(values.length);
  const perChannel: number[] = [];
  let [low, high] = [0, 0];
  for (let n = 0; n < out; n++) {
    const first = steps[n * input] as number;
    // A step below 0 comes from a factor below 0 behind the layer: the codes take its sign.
    const sign = first < 0 ? -1 : 1;
    for (let k = 0; k < input; k++) {
      const i = n * input + k;
      if (steps[i] !== first) return null;
      const code = sign * (values[i] as number);
      codes[i] = code;
      low = Math.min(low, code);
      high = Math.max(high, code);
    }
    perChannel.push(Math.abs(first) || 1);
  }
  return { codes, steps: perChannel, format: formatOf(low, high) };
}

/** What becomes of the accumulator: clipped in steps of `scale`, then a table. */
export interface Requantized {
  readonly scale: number;
  /** Added before the rounding, in steps of `scale`. */
  readonly offset: number;
  readonly low: number;
  readonly high: number;
  readonly table: Int32Array | null;
  /** The sum itself is clipped, whatever its step: to -1 where it is below 0, else to 0. */
  readonly sign?: true | undefined;
}

/** One code for sums below 0, another for those above and for 0. */
export function bySign(below: number, others: number): Requantized {
  return { scale: 1, offset: 0, low: -1, high: 0, table: Int32Array.of(below, others), sign: true };
}

const plain = { offset: 0, table: null };

/**
 * What adds `offset` steps to the requantized integer, in accumulator units. It is rounded down: a
 * sum of 0 stays 0 by whatever less than half a step it is moved up.
 */
export function offsetTerm(offset: number, multiplier: number, shift: number): number {
  return offset === 0 ? 0 : Math.floor((offset * 2 ** shift) / multiplier);
}

/** The requantization of a whole tensor whose sums are to be multiplied by `factor`. */
export function requantization(to: Requantized, factor: number): TensorRequantization {
  const { low, high, table, offset } = to;
  if (to.sign) return { multiplier: 1, shift: 0, bias: 0, low, high, table };
  const { multiplier, shift } = dyadic(factor, MAX_EPILOGUE_SHIFT);
  return { multiplier, shift, bias: offsetTerm(offset, multiplier, shift), low, high };
}

export interface LinearOptions {
  readonly requantized?: Requantized | undefined;
  readonly skip?: TensorType | undefined;
  /** What the output holds, as a multiple of what the layer gives. */
  readonly factor?: number | undefined;
}

/** A linear layer of the file as a node. */
export function importedLinear(
  context: Context,
  path: string,
  layer: Layer,
  input: TensorType,
  output: TensorType,
  { requantized, skip, factor = 1 }: LinearOptions = {},
): LinearNode {
  const to = requantized ?? { ...plain, scale: output.scale, ...rangeOf(output.format) };
  // `sum + b >= 0` is `sum + floor(b) >= 0` for an integer sum.
  const weights = layerWeights(context, path, layer, input, to.sign ? Math.floor : roundHalfEven);
  const factors = weights.steps.map((step) => (input.scale * step * factor) / to.scale);
  const { multipliers, shift } = to.sign
    ? { multipliers: new Int32Array(factors.length).fill(1), shift: 0 }
    : dyadics(factors, MAX_EPILOGUE_SHIFT);
  const epilogue: Epilogue = {
    bias: weights.bias.map((b, n) => b + offsetTerm(to.offset, multipliers[n] as number, shift)),
    multiplier: multipliers,
    shift,
    low: to.low,
    high: to.high,
    table: to.table,
    residual: skip
      ? { input: skip.name, ...dyadic(skip.scale / output.scale, MAX_RESIDUAL_SHIFT) }
      : null,
  };
  return {
    kind: 'linear',
    output,
    input: input.name,
    path: `${path}.weight`,
    weight: weights.codes,
    weightFormat: weights.format,
    epilogue,
  };
}
