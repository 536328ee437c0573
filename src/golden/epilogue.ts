import { clip, roundShift } from '../arithmetic/index.ts';
import type { Epilogue, Range } from '../ir/index.ts';

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
  const { table, low, residual } = epilogue;
  if (table) {
    for (let i = 0; i < values.length; i++) values[i] = table[values[i]! - low]!;
  }
  if (residual && skip) {
    for (let i = 0; i < values.length; i++) {
      const added = roundShift(skip[i]! * residual.multiplier, residual.shift);
      values[i] = clip(values[i]! + added, output.low, output.high);
    }
  }
}

function requantize(values: Int32Array, epilogue: Epilogue): void {
  const { bias, multiplier, shift, low, high } = epilogue;
  const channels = bias.length;
  for (let row = 0; row < values.length; row += channels) {
    for (let c = 0; c < channels; c++) {
      // |sum| < 2^32 and the multiplier < 2^16, so the product is exact in a double.
      const product = (values[row + c]! + bias[c]!) * multiplier[c]!;
      values[row + c] = clip(roundShift(product, shift), low, high);
    }
  }
}
