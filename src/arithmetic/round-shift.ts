/**
 * Rounding and saturation on JavaScript numbers that hold integers. Nothing here uses the 32-bit
 * operators: every function is exact while its value, plus the rounding constant, stays below 2^53
 * in magnitude. The check stage proves that for each intermediate of a graph.
 */

/** How a right shift treats the bits it drops; all four are defined for negative values as well. */
export type RoundingMode =
  /** Add 2^(shift-1), then floor: ties go up. The rounding of the integer graph. */
  | 'halfUp'
  /** Drop the bits, which is what a bare arithmetic shift does. */
  | 'floor'
  /** Ties go to the even neighbour. */
  | 'halfEven'
  /** Ties go away from zero. */
  | 'halfAway';

/** The largest shift: beyond it the rounding constant alone would leave the exact range. */
export const MAX_SHIFT_AMOUNT = 53;

// Powers of two are looked up because `2 ** shift` is a call in the innermost loops.
const POWER = Float64Array.from({ length: MAX_SHIFT_AMOUNT + 1 }, (_, shift) => 2 ** shift);
const INVERSE = Float64Array.from({ length: MAX_SHIFT_AMOUNT + 1 }, (_, shift) => 2 ** -shift);
const HALF = Float64Array.from({ length: MAX_SHIFT_AMOUNT + 1 }, (_, shift) =>
  shift === 0 ? 0 : 2 ** (shift - 1),
);

/**
 * `value / 2^shift` as an integer, rounded as `mode` says. Scaling by a power of two is exact, so
 * `Math.floor` sees the true quotient. A shift of 0 returns the value in every mode.
 *
 * @param value an integer, |value| + 2^(shift-1) < 2^53
 * @param shift an integer, 0 .. 53; anything else throws a RangeError
 */
export function roundShift(value: number, shift: number, mode: RoundingMode = 'halfUp'): number {
  const inverse = INVERSE[shift];
  const half = HALF[shift];
  const power = POWER[shift];
  if (inverse === undefined || half === undefined || power === undefined) {
    throw new RangeError(`a shift by ${shift} is not one of 0 .. ${MAX_SHIFT_AMOUNT}`);
  }
  // `+ 0` turns a negative zero into zero.
  switch (mode) {
    case 'halfUp':
      return Math.floor((value + half) * inverse) + 0;
    case 'floor':
      return Math.floor(value * inverse) + 0;
    case 'halfAway':
      return value < 0
        ? -Math.floor((half - value) * inverse) + 0
        : Math.floor((value + half) * inverse) + 0;
    case 'halfEven': {
      const floor = Math.floor(value * inverse);
      const dropped = value - floor * power;
      const up = dropped > half || (dropped === half && shift > 0 && floor % 2 !== 0);
      return floor + (up ? 1 : 0) + 0;
    }
  }
}

/** The value, or the bound that it passed. */
export function clip(value: number, low: number, high: number): number {
  return value < low ? low : Math.min(value, high);
}

/** The nearest integer of any real number, ties to the even one: the rounding of ONNX quantizers. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const dropped = x - floor;
  const up = dropped > 0.5 || (dropped === 0.5 && floor % 2 !== 0);
  return floor + (up ? 1 : 0) + 0;
}
