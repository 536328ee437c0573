import { describe, expect, it } from 'vitest';
import {
  clip,
  type RoundingMode,
  roundHalfEven,
  roundShift,
  saturate,
} from '../../src/arithmetic/index.ts';
import { uniform } from '../../src/ir/index.ts';

const MODES: readonly RoundingMode[] = ['halfUp', 'floor', 'halfEven', 'halfAway'];

/** `value / 2^shift` rounded, by the definition of each mode on the exact rational. */
function rational(value: bigint, shift: number, mode: RoundingMode): bigint {
  const power = 1n << BigInt(shift);
  const quotient = value / power; // toward zero
  const floor = value % power < 0n ? quotient - 1n : quotient;
  const twice = 2n * (value - floor * power); // in 0 .. 2 power
  if (mode === 'floor' || twice < power) return floor;
  if (twice > power) return floor + 1n;
  if (mode === 'halfUp') return floor + 1n;
  if (mode === 'halfEven') return floor % 2n === 0n ? floor : floor + 1n;
  return value < 0n ? floor : floor + 1n;
}

describe('roundShift', () => {
  it.each(MODES)('%s equals the rational definition for every 10-bit value and shift', (mode) => {
    let compared = 0;
    for (let shift = 0; shift <= 12; shift++) {
      for (let value = -512; value < 512; value++) {
        const expected = Number(rational(BigInt(value), shift, mode));
        const actual = roundShift(value, shift, mode);
        if (!Object.is(actual, expected)) {
          expect.fail(`${value} >> ${shift}: ${actual}, not ${expected}`);
        }
        compared++;
      }
    }
    expect(compared).toBe(13 * 1024);
  });

  it.each(MODES)('%s is exact near 2^53', (mode) => {
    for (let shift = 0; shift <= 52; shift++) {
      const half = shift === 0 ? 0 : 2 ** (shift - 1);
      for (let near = 1; near < 40; near++) {
        for (const value of [2 ** 53 - half - near, -(2 ** 53) + half + near]) {
          const expected = rational(BigInt(value), shift, mode);
          expect(BigInt(roundShift(value, shift, mode))).toBe(expected);
        }
      }
    }
  });

  it('rounds half up unless told otherwise', () => {
    expect([-3, -1, 1, 3].map((v) => roundShift(v, 1))).toEqual([-1, 0, 1, 2]);
  });

  it.each([-1, 54, 1.5, Number.NaN])('refuses a shift by %s', (shift) => {
    expect(() => roundShift(1, shift)).toThrow(RangeError);
  });
});

describe('roundHalfEven', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [-0.2, 0],
    [7, 7],
    [2 ** 52 + 1, 2 ** 52 + 1],
  ])('%s becomes %s', (x, expected) => {
    expect(Object.is(roundHalfEven(x), expected)).toBe(true);
  });
});

describe('clip and saturate', () => {
  it('hold a value to its bounds, which are included', () => {
    expect([-9, -3, 0, 4, 9].map((v) => clip(v, -3, 4))).toEqual([-3, -3, 0, 4, 4]);
    expect([-200, -128, 127, 128].map((v) => saturate(v, uniform(8)))).toEqual([
      -128, -128, 127, 127,
    ]);
    expect([-1, 0, 7, 8].map((v) => saturate(v, uniform(3, false)))).toEqual([0, 0, 7, 7]);
  });
});
