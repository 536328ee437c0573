import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clip, MAX_SHIFT_AMOUNT, roundShift } from '../../src/arithmetic/index.ts';
import { floorClip, roundingOf } from '../../src/golden/rounding.ts';

it('rounds and clips as roundShift and clip do, to the limits of a double', () => {
  const value = fc.oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
    fc.maxSafeInteger().map((x) => Math.trunc(x / 4)),
  );
  const shift = fc.integer({ min: 0, max: 51 });
  fc.assert(
    fc.property(value, shift, fc.integer({ min: 1, max: 16 }), (x, s, bits) => {
      const { half, inverse } = roundingOf(s);
      const [low, high] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
      // An Int32Array keeps no negative zero.
      expect(floorClip((x + half) * inverse, low, high) + 0).toBe(
        clip(roundShift(x, s), low, high),
      );
      expect(floorClip(x * inverse, 0, high) + 0).toBe(clip(roundShift(x, s, 'floor'), 0, high));
    }),
    { seed: 5, numRuns: 500 },
  );
});

it('refuses a shift that roundShift refuses', () => {
  for (const shift of [-1, 0.5, MAX_SHIFT_AMOUNT + 1, Number.NaN]) {
    expect(() => roundingOf(shift)).toThrow(RangeError);
    expect(() => roundShift(1, shift)).toThrow(RangeError);
  }
});
