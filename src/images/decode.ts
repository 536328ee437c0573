import type { GraphInput } from '../ir/index.ts';

/**
 * The pixels `[row][column][channel]` that a frame's codes came from, as near as the codes tell: to
 * be shown, not to be computed with.
 */
export function decodeFrame(input: GraphInput, codes: ArrayLike<number>): Uint8Array {
  const { height, width, channels } = input.image;
  const { patch, tensor, mean, std } = input;
  const pixels = new Uint8Array(height * width * channels);
  const columns = width / patch;
  for (let i = 0; i < pixels.length; i++) {
    const channel = i % channels;
    const column = Math.floor(i / channels) % width;
    const row = Math.floor(i / (channels * width));
    const token = Math.floor(row / patch) * columns + Math.floor(column / patch);
    const within = (channel * patch + (row % patch)) * patch + (column % patch);
    const code = codes[token * channels * patch * patch + within] ?? 0;
    const value = code * tensor.scale * (std[channel] ?? 1) + (mean[channel] ?? 0);
    pixels[i] = Math.max(0, Math.min(255, Math.round(value * 255)));
  }
  return pixels;
}
