import { roundHalfEven } from '../../arithmetic/index.ts';
import { type NumberFormat, uniform } from '../../ir/index.ts';
import type { Operation, View } from '../graph/value.ts';
import { quantizerOf } from './views.ts';

/** How a tensor is quantized, with the zero point taken off its codes. */
export interface TensorQuantizer {
  readonly format: NumberFormat;
  readonly scale: number;
  /** Codes that the file's type can hold, less its zero point. */
  readonly low: number;
  readonly high: number;
}

/** The quantizer of a tensor; null for a float one. */
export function tensorQuantizer(view: View): TensorQuantizer | null {
  const quantizer = quantizerOf(view);
  return quantizer && read(quantizer);
}

function read({ attributes }: Operation): TensorQuantizer {
  const { scale = 1, zero = 0, low = 0, high = 0 } = attributes;
  const range = { low: low - zero, high: high - zero };
  return { format: formatOf(range.low, range.high), scale, ...range };
}

/** The narrowest signed format that holds all codes of a range. */
export function formatOf(low: number, high: number): NumberFormat {
  let bits = 2;
  while (low < -(2 ** (bits - 1)) || high > 2 ** (bits - 1) - 1) bits++;
  return uniform(bits);
}

/** The values after rounding to the codes of a quantizer, in ONNX's order. */
export function fakeQuant(values: Float64Array, quantizer: Operation): Float64Array {
  const { scale, low, high } = read(quantizer);
  return values.map((v) => Math.min(high, Math.max(low, roundHalfEven(v / scale))) * scale);
}
