import { MAX_SHIFT_AMOUNT } from '../arithmetic/index.ts';

/**
 * The constants of a rounding shift, for loops in which a call of `roundShift` for each element
 * would cost more than the arithmetic:
 *
 *     roundShift(x, shift)          = Math.floor((x + half) * inverse)
 *     roundShift(x, shift, 'floor') = Math.floor(x * inverse)
 *
 * up to the sign of zero, which an Int32Array does not keep. `inverse` is a power of two, so the
 * product is exact and `Math.floor` sees the true quotient while `|x| + half < 2^53`.
 */
export interface Rounding {
  readonly half: number;
  readonly inverse: number;
}

/** @param shift an integer, 0 .. 53; anything else throws a RangeError */
export function roundingOf(shift: number): Rounding {
  if (!Number.isInteger(shift) || shift < 0 || shift > MAX_SHIFT_AMOUNT) {
    throw new RangeError(`a shift by ${shift} is not one of 0 .. ${MAX_SHIFT_AMOUNT}`);
  }
  return { half: shift === 0 ? 0 : 2 ** (shift - 1), inverse: 2 ** -shift };
}

/**
 * `clip(Math.floor(x), low, high)` for integer bounds, without a branch: which way a code saturates
 * is not predictable, and a wrong guess costs more than the rest of an element.
 */
export function floorClip(x: number, low: number, high: number): number {
  return Math.floor(Math.max(low, Math.min(high, x)));
}
