import { describe, expect, it } from 'vitest';
import { encodeImage } from '../../src/golden/index.ts';
import { type GraphInput, uniform } from '../../src/ir/index.ts';

function input(part: Partial<GraphInput>, scale = 1, bits = 8): GraphInput {
  return {
    tensor: { name: 'input', shape: [1, 1], format: uniform(bits), scale },
    image: { height: 1, width: 1, channels: 1 },
    patch: 1,
    mean: [0],
    std: [1],
    ...part,
  };
}

describe('encodeImage', () => {
  it('puts patches row by row, each in order channel, row, column', () => {
    const graphInput = input(
      {
        image: { height: 4, width: 6, channels: 2 },
        patch: 2,
        mean: [0, 0],
        std: [1, 1],
      },
      1 / 255,
      9,
    );
    const pixels = Uint8Array.from({ length: 48 }, (_, i) => i);
    // The pixel at (row, column, channel) is (row * 6 + column) * 2 + channel.
    const expected: number[] = [];
    for (const [top, left] of [
      [0, 0],
      [0, 2],
      [0, 4],
      [2, 0],
      [2, 2],
      [2, 4],
    ] as const) {
      for (const channel of [0, 1]) {
        for (const row of [top, top + 1]) {
          for (const column of [left, left + 1]) expected.push((row * 6 + column) * 2 + channel);
        }
      }
    }
    expect(Array.from(encodeImage(graphInput, pixels))).toEqual(expected);
    expect(expected.slice(0, 8)).toEqual([0, 2, 12, 14, 1, 3, 13, 15]);
  });

  it('normalizes per channel, rounds ties to even and saturates', () => {
    const two = { height: 1, width: 1, channels: 2 };
    // 255 becomes (1 - 0.5) / 0.25 = 2 steps of 0.8: 2.5, a tie.
    const tie = input({ mean: [0.5], std: [0.25] }, 0.8);
    expect(Array.from(encodeImage(tie, Uint8Array.of(255)))).toEqual([2]);
    expect(Array.from(encodeImage(tie, Uint8Array.of(0)))).toEqual([-2]);
    const channels = input({ image: two, mean: [0, 1], std: [1, 0.5] }, 0.01, 8);
    expect(Array.from(encodeImage(channels, Uint8Array.of(255, 0)))).toEqual([100, -128]);
    expect(Array.from(encodeImage(input({}, 0.5, 2), Uint8Array.of(255)))).toEqual([1]);
  });

  it('refuses another number of bytes', () => {
    expect(() => encodeImage(input({}), new Uint8Array(2))).toThrow(/2 bytes/);
  });
});
