import { clip, roundHalfEven } from '../arithmetic/index.ts';
import { type NumberFormat, rangeOf } from '../ir/index.ts';
import type { FloatTensor } from '../model/index.ts';
import { quantizeValue } from './scale.ts';

/** Integer weights `[out, in]` with one step per output channel, and the bias in steps of the accumulator. */
export interface QuantizedWeights {
  readonly codes: Int32Array;
  /** Real value of one step, per output channel. */
  readonly scales: readonly number[];
  readonly bias: Int32Array;
}

/**
 * A channel's step is at least this share of the layer's largest, so that all multipliers of a
 * layer have seven significant bits or more under their common shift.
 */
const SMALLEST_STEP = 2 ** -8;

/** Biases stay below this, so that they do not widen an accumulator beyond what products need. */
const LARGEST_BIAS = 2 ** 22;

/**
 * Symmetric min-max quantization per output channel: `step = max|w| / (2^(bits-1) - 1)`. A channel
 * of zeros, or one of weights so small beside its bias or its neighbours that their sum would not
 * fit, takes a larger step.
 */
export function quantizeWeights(
  weight: FloatTensor,
  bias: FloatTensor,
  format: NumberFormat,
  inputScale: number,
): QuantizedWeights {
  const [out = 0, input = 0] = weight.shape;
  const { high } = rangeOf(format);
  const steps = Array.from({ length: out }, (_, n) => {
    const row = weight.data.subarray(n * input, (n + 1) * input);
    const peak = row.reduce((a, w) => Math.max(a, Math.abs(w)), 0);
    const forBias = Math.abs(bias.data[n] as number) / (inputScale * LARGEST_BIAS);
    return Math.max(peak / high, forBias);
  });
  const largest = steps.reduce((a, b) => Math.max(a, b), 0);
  const scales = steps.map((step) => (largest > 0 ? Math.max(step, largest * SMALLEST_STEP) : 1));
  return {
    codes: Int32Array.from(weight.data, (w, i) =>
      quantizeValue(w, scales[Math.floor(i / input)] as number, format),
    ),
    scales,
    bias: Int32Array.from(bias.data, (b, n) =>
      clip(roundHalfEven(b / (inputScale * (scales[n] as number))), -LARGEST_BIAS, LARGEST_BIAS),
    ),
  };
}
