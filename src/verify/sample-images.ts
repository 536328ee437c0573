import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiagnosticsError } from '../diagnostics/index.ts';
import type { Manifest } from '../emit/manifest.ts';
import { type RawImage, randomImages, readMnist, readSamples } from '../images/index.ts';
import type { GraphInput } from '../ir/index.ts';

/**
 * Images to simulate a build folder with: the design's own, digits that quantization has not seen, or
 * noise from the seed. Throws `DiagnosticsError` when there are not as many, or when they are of another size.
 */
export function sampleImages(
  source: Manifest['images'],
  input: GraphInput,
  count: number,
  seed: number,
  folder: string,
): RawImage[] {
  const { image, mean, std } = input;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw fault('VT224', `${count} is not a number of images.`, 'Ask for at least 1.');
  }
  if (source.kind === 'random') {
    return randomImages({ count, seed: source.seed + seed }, { ...image, mean, std });
  }
  if (source.kind === 'samples') return readSamples(readOwn(folder, source.path), input, count);
  const images = readMnist('test', count);
  const wanted = `${image.height}x${image.width}x${image.channels}`;
  for (const { height, width, channels } of images.slice(0, 1)) {
    const size = `${height}x${width}x${channels}`;
    if (size !== wanted) {
      throw fault(
        'VT220',
        `images of ${size} do not fit the design, which takes ${wanted}.`,
        "Name another source of images in the design's calibration.",
      );
    }
  }
  return images;
}

function readOwn(folder: string, path: string): Uint8Array {
  try {
    return readFileSync(join(folder, path));
  } catch {
    throw fault('VT225', `The build folder has no ${path}.`, 'Build the design again.');
  }
}

function fault(code: `VT${number}`, message: string, hint: string): DiagnosticsError {
  return new DiagnosticsError([{ code, message, subject: 'images', hint }]);
}
