import { roundHalfEven, saturate } from '../arithmetic/index.ts';
import type { GraphInput } from '../ir/index.ts';

const LEVELS = 256;

/**
 * An image as the codes of the graph's first tensor, `[patches, patchSize]`: patches row by row,
 * each in order channel, row, column. ONNX's QuantizeLinear with zero point 0,
 * `saturate(roundHalfEven(x / scale))`, of the normalized pixel `x = (pixel / 255 - mean) / std`.
 *
 * @param pixels bytes `[row][column][channel]`; an Error is thrown when their number is not that of
 *   the image, which whoever reads images has made sure of
 */
export function encodeImage(input: GraphInput, pixels: Uint8Array): Int32Array {
  const { height, width, channels } = input.image;
  const { patch } = input;
  if (pixels.length !== height * width * channels) {
    throw new Error(`${pixels.length} bytes are not ${height} x ${width} x ${channels} pixels`);
  }
  const codes = pixelCodes(input);
  const output = new Int32Array(pixels.length);
  let at = 0;
  for (let top = 0; top < height; top += patch) {
    for (let left = 0; left < width; left += patch) {
      for (let channel = 0; channel < channels; channel++) {
        for (let row = top; row < top + patch; row++) {
          for (let column = left; column < left + patch; column++) {
            const pixel = pixels[(row * width + column) * channels + channel]!;
            output[at++] = codes[channel * LEVELS + pixel]!;
          }
        }
      }
    }
  }
  return output;
}

/** A frame as the golden model takes it: bytes of pixels, or the codes of the graph's input. */
export type Frame = Uint8Array | Int32Array;

/** The codes of a frame. Throws like `encodeImage`. */
export function frameCodes(input: GraphInput, frame: Frame): Int32Array {
  return frame instanceof Int32Array ? frame : encodeImage(input, frame);
}

/** The code of each of the 256 bytes in each channel, `[channels, 256]`. */
function pixelCodes({ image, mean, std, tensor }: GraphInput): Int32Array {
  return Int32Array.from({ length: image.channels * LEVELS }, (_, i) => {
    const channel = Math.floor(i / LEVELS);
    const x = ((i % LEVELS) / 255 - mean[channel]!) / std[channel]!;
    return saturate(roundHalfEven(x / tensor.scale), tensor.format);
  });
}
