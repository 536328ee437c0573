import { createRandom } from '../arithmetic/index.ts';
import type { ImageFormat } from '../model/index.ts';
import type { RawImage } from './image.ts';

/** Bytes of uniform noise: the same seed gives the same images, and a longer row begins with a shorter one. */
export function randomImages(
  source: { readonly count: number; readonly seed: number },
  { height, width, channels }: ImageFormat,
): RawImage[] {
  const random = createRandom(source.seed);
  return Array.from({ length: source.count }, () => ({
    height,
    width,
    channels,
    pixels: Uint8Array.from({ length: height * width * channels }, () => random.nextInt(0, 255)),
    label: undefined,
  }));
}
