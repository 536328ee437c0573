import { clip, roundHalfEven } from '../arithmetic/index.ts';
import type { ActivationRange } from '../dsl/quant-method.ts';
import { type NumberFormat, rangeOf } from '../ir/index.ts';

/** What an observer chose: values outside saturate. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/** `x = scale * (code - zeroPoint)`. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * Step and zero point for a range of values; docs/quantization.md, "Number formats". An unsigned
 * format has zero point 0 and its step from `high` alone. A range without extent has the step 1.
 */
export function affineFor(range: ValueRange, kind: ActivationRange, format: NumberFormat): Affine {
  const { low, high } = rangeOf(format);
  if (!format.signed) return { scale: positive(range.high / high), zeroPoint: 0 };
  const peak = Math.max(Math.abs(range.low), Math.abs(range.high));
  switch (kind) {
    case 'restricted':
      return { scale: positive(peak / high), zeroPoint: 0 };
    case 'full':
      return { scale: positive((2 * peak) / (high - low)), zeroPoint: 0 };
    case 'asymmetric': {
      const [from, to] = [Math.min(range.low, 0), Math.max(range.high, 0)];
      const scale = positive((to - from) / (high - low));
      return { scale, zeroPoint: clip(roundHalfEven(low - from / scale), low, high) };
    }
  }
}

/** ONNX's QuantizeLinear: `clip(roundHalfEven(x / scale) + zeroPoint)`. */
export function quantizeAffine(
  x: number,
  { scale, zeroPoint }: Affine,
  low: number,
  high: number,
): number {
  return clip(roundHalfEven(x / scale) + zeroPoint, low, high);
}

/** A step that something can be divided by. */
function positive(scale: number): number {
  return scale > 0 && Number.isFinite(scale) ? scale : 1;
}
