import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hexWord } from '../../src/lower/hex.ts';

test('lane 0 lies in the lowest bits', () => {
  expect(hexWord([1, 2, 3], 4)).toBe('321');
  expect(hexWord([1, 0], 8)).toBe('0001');
});

test('negative codes are in two’s complement', () => {
  expect(hexWord([-1], 8)).toBe('ff');
  expect(hexWord([-128, 127], 8)).toBe('7f80');
  expect(hexWord([-1, 0], 3)).toBe('07');
  expect(hexWord([-(2 ** 47)], 48)).toBe('800000000000');
});

test('lanes may have widths of their own, and words end in the middle of a digit', () => {
  // {16-bit multiplier, 5-bit bias}: 21 bits, six digits.
  expect(hexWord([-1, 65535], [5, 16])).toBe('1fffff');
  expect(hexWord([-16, 1], [5, 16])).toBe('000030');
  expect(hexWord([1], 1)).toBe('1');
});

test('every lane can be read back from the word', () => {
  const lane = fc
    .integer({ min: 1, max: 48 })
    .chain((bits) =>
      fc.tuple(
        fc.constant(bits),
        fc.integer({ min: -(2 ** Math.min(30, bits - 1)), max: 2 ** Math.min(30, bits - 1) - 1 }),
      ),
    );
  fc.assert(
    fc.property(fc.array(lane, { minLength: 1, maxLength: 20 }), (lanes) => {
      const widths = lanes.map(([bits]) => bits);
      const codes = lanes.map(([, code]) => code);
      const text = hexWord(codes, widths);
      const total = widths.reduce((sum, bits) => sum + bits, 0);
      expect(text).toMatch(new RegExp(`^[0-9a-f]{${Math.ceil(total / 4)}}$`));
      let word = BigInt(`0x${text}`);
      for (const [bits, code] of lanes) {
        expect(Number(BigInt.asIntN(bits, word))).toBe(code);
        word >>= BigInt(bits);
      }
      expect(word).toBe(0n);
    }),
    { numRuns: 200, seed: 1 },
  );
});
