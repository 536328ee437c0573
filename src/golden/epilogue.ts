import type { Epilogue, Range } from '../ir/index.ts';
import { floorClip, roundingOf } from './rounding.ts';

/**
 * What follows a linear layer's accumulators; docs/arithmetic.md, "Epilogue". Overwrites `values`,
 * the accumulators `[T, N]`, with the output codes.
 *
 * @param skip codes `[T, N]` of the residual's input, when there is a residual
 * @param output codes the output format has
 */
export function applyEpilogue(
  values: Int32Array,
  epilogue: Epilogue,
  skip: Int32Array | null,
  output: Range,
): void {
  requantize(values, epilogue);
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
