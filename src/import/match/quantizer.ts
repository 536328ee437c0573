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
  /** Added to a value, in steps, before it is rounded to the nearest: -1/2 for a file that floors. */
  readonly offset: number;
  /** Whether it keeps signs alone: `scale` for 0 and what is above, `-scale` for what is below. */
  readonly sign: boolean;
}

/** The quantizer of a tensor; null for a float one. */
export function tensorQuantizer(view: View): TensorQuantizer | null {
  const quantizer = quantizerOf(view);
  return quantizer && read(quantizer);
}

function read({ attributes }: Operation): TensorQuantizer {
  const { scale = 1, zero = 0, low = 0, high = 0, offset = 0, sign = 0 } = attributes;
  const range = { low: low - zero, high: high - zero };
  return { format: formatOf(range.low, range.high), scale, ...range, offset, sign: sign !== 0 };
}

/** The narrowest signed format that holds all codes of a range. */
export function formatOf(low: number, high: number): NumberFormat {
  let bits = 2;
  while (low < -(2 ** (bits - 1)) || high > 2 ** (bits - 1) - 1) bits++;
  return uniform(bits);
}

/** The values after rounding to the codes of a quantizer. */
export function fakeQuant(values: Float64Array, quantizer: Operation): Float64Array {
  const { scale, low, high, offset, sign } = read(quantizer);
  if (sign) return values.map((v) => (v >= 0 ? scale : -scale));
  const round = (v: number) => (offset === 0 ? roundHalfEven(v) : Math.floor(v + offset + 1 / 2));
  return values.map((v) => Math.min(high, Math.max(low, round(v / scale))) * scale);
}
