import { basename } from 'node:path';
import { isFault, openArrays } from '../arrays/index.ts';
import { DiagnosticsError } from '../diagnostics/index.ts';
import type { RawImage } from './image.ts';

/**
 * Images of an `.npz` file: the array `images`, bytes `[count, height, width]` or with channels
 * behind, and `labels` `[count]` where there are any. Throws `DiagnosticsError` (VT226).
 */
export function readNpzImages(path: string): RawImage[] {
  const archive = openArrays(path);
  if (isFault(archive)) throw imagesFault(path, `'${basename(path)}' ${archive.fault}.`);
  const images = archive.read('images');
  if (isFault(images)) {
    throw imagesFault(path, `'images' of '${basename(path)}' ${images.fault}.`);
  }
  const [count = 0, height = 0, width = 0, channels = 1] = images.shape;
  const size = height * width * channels;
  const isBytes = images.data instanceof Uint8Array;
  if (!isBytes || images.shape.length < 3 || images.shape.length > 4 || size === 0) {
    const found = `${isBytes ? 'bytes' : 'elements that are not bytes'} [${images.shape.join(', ')}]`;
    throw imagesFault(path, `'images' of '${basename(path)}' has ${found}.`);
  }
  const labels = archive.names.includes('labels') ? archive.read('labels') : undefined;
  if (labels && isFault(labels)) {
    throw imagesFault(path, `'labels' of '${basename(path)}' ${labels.fault}.`);
  }
  if (labels && labels.data.length !== count) {
    throw imagesFault(path, `${count} images stand beside ${labels.data.length} labels.`);
  }
  return Array.from({ length: count }, (_, i) => ({
    ...{ height, width, channels, label: labels?.data[i] },
    pixels: Uint8Array.from(images.data.subarray(i * size, (i + 1) * size)),
  }));
}

/** A fault of a folder or file of images that a user named. */
export function imagesFault(path: string, message: string): DiagnosticsError {
  return new DiagnosticsError([
    {
      code: 'VT226',
      message,
      subject: basename(path),
      hint: 'Wanted are PNG files, in a folder for each class where classes are known; a pair of IDX files; or an .npz with images [count, height, width, channels] of bytes, and labels.',
    },
  ]);
}
