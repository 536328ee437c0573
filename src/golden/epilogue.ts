import type { Epilogue, Range } from '../ir/index.ts';
import { floorClip, roundingOf } from './rounding.ts';

/**
 * What follows a linear layer's accumulators; docs/arithmetic.md, "Epilogue". Overwrites `values`,
 * the accumulators `[T, N]`, with the output codes.
 *
 * @param skip codes `[T, N]` of the residual's input, when there is a residual
 * @param output codes the output format has
 * @param exponents of the rows, where the input has steps per token; null for one step
 */
export function applyEpilogue(
  values: Int32Array,
  epilogue: Epilogue,
  skip: Int32Array | null,
  output: Range,
  exponents: Int32Array | null = null,
): void {
  if (exponents) requantizeRows(values, epilogue, exponents);
  else requantize(values, epilogue);
  const { residual } = epilogue;
  if (residual && skip) addSkip(values, skip, residual, output);
}

function requantize(values: Int32Array, epilogue: Epilogue): void {
  const { low, high, table } = epilogue;
  const { half, inverse } = roundingOf(epilogue.shift);
  const channels = epilogue.bias.length;
  const bias = new Float64Array(epilogue.bias);
  const multiplier = new Float64Array(epilogue.multiplier);
  for (let row = 0; row < values.length; row += channels) {
    for (let c = 0; c < channels; c++) {
      // |sum| < 2^32 and the multiplier < 2^16, so the product is exact in a double.
      const product = (values[row + c]! + bias[c]!) * multiplier[c]!;
      const code = floorClip((product + half) * inverse, low, high);
      values[row + c] = table ? table[code - low]! : code;
    }
  }
}

/** `clip(rs((acc + bias * 2^e) * multiplier, shift + e))` with the exponent `e` of each row. */
function requantizeRows(values: Int32Array, epilogue: Epilogue, exponents: Int32Array): void {
  const { low, high, table, shift, bias, multiplier } = epilogue;
  const channels = bias.length;
  for (let row = 0; row < exponents.length; row++) {
    const unit = 2 ** exponents[row]!;
    const { half, inverse } = roundingOf(shift + exponents[row]!);
    for (let c = 0, at = row * channels; c < channels; c++, at++) {
      const product = (values[at]! + bias[c]! * unit) * multiplier[c]!;
      const code = floorClip((product + half) * inverse, low, high);
      values[at] = table ? table[code - low]! : code;
    }
  }
}

function addSkip(
  values: Int32Array,
  skip: Int32Array,
  residual: NonNullable<Epilogue['residual']>,
  { low, high }: Range,
): void {
  const { multiplier } = residual;
  const { half, inverse } = roundingOf(residual.shift);
  for (let i = 0; i < values.length; i++) {
    const sum = values[i]! + Math.floor((skip[i]! * multiplier + half) * inverse);
    values[i] = floorClip(sum, low, high);
  }
}
