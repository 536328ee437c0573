import { createRandom, type Random } from '../../../src/arithmetic/index.ts';
import type { RawImage } from '../../../src/images/index.ts';
import type { ImageFormat } from '../../../src/model/index.ts';

type Pixel = (row: number, column: number, channel: number) => number;

/**
 * Images unlike the noise that a design was calibrated on: black and white, edges, stripes, ramps,
 * single points, noise of high and of low contrast. They drive ranges to where clips, table ends
 * and the smallest variances are met.
 */
export function stressImages(format: ImageFormat, count: number, seed: number): RawImage[] {
  const random = createRandom(seed);
  const { height, width, channels } = format;
  return Array.from({ length: count }, (_, i) => {
    const pixel = pattern(i % 8, format, random);
    const pixels = Uint8Array.from({ length: height * width * channels }, (_, at) =>
      pixel(Math.floor(at / (width * channels)), Math.floor(at / channels) % width, at % channels),
    );
    return { height, width, channels, pixels, label: undefined };
  });
}

function pattern(kind: number, { height, width, channels }: ImageFormat, random: Random): Pixel {
  const { nextInt } = random;
  const levels = Array.from({ length: channels }, () => nextInt(0, 1) * 255);
  const level = (channel: number) => levels[channel] ?? 0;
  const row = nextInt(0, height - 1);
  const column = nextInt(0, width - 1);
  const step = nextInt(1, 3);
  const grey = nextInt(0, 255);
  switch (kind) {
    case 0: // noise of the highest contrast
      return () => 255 * nextInt(0, 1);
    case 1: // one colour
      return (_r, _c, channel) => level(channel);
    case 2: // an edge
      return (r, c, channel) => (r < row === c < column ? level(channel) : 255 - level(channel));
    case 3: // stripes
      return (r, c, channel) =>
        Math.floor((levels[0] ? r : c) / step) % 2 ? level(channel) : 255 - level(channel);
    case 4: // a ramp
      return (r, c) => Math.round((255 * (r + c)) / Math.max(1, height + width - 2));
    case 5: // a point
      return (r, c, channel) => (r === row && c === column ? level(channel) : 255 - level(channel));
    case 6: // noise of low contrast
      return () => Math.min(255, grey + nextInt(0, 3));
    default: // noise
      return () => nextInt(0, 255);
  }
}
