import { roundHalfEven, saturate } from '../arithmetic/index.ts';
import { type NumberFormat, rangeOf } from '../ir/index.ts';

/** `saturate(roundHalfEven(x / scale))`, the ONNX quantizer with zero point 0. */
export function quantizeValue(x: number, scale: number, format: NumberFormat): number {
  return saturate(roundHalfEven(x / scale), format);
}

/**
 * Step with which the largest code stands for `peak`. A tensor that is always zero has any step;
 * it gets 1 so that nothing divides by zero.
 */
export function scaleFor(peak: number, format: NumberFormat): number {
  const scale = peak / rangeOf(format).high;
  return scale > 0 ? scale : 1;
}
