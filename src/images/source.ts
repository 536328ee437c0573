import { resolve } from 'node:path';
import { type Diagnostic, DiagnosticsError, type Place, throwIfAny } from '../diagnostics/index.ts';
import type { ImageSource } from '../dsl/design.ts';
import type { Model } from '../model/index.ts';
import { readImageFolder, splitImages } from './folder.ts';
import { type LabelledImage, type RawImage, toModelImages } from './image.ts';
import { readMnist } from './mnist.ts';
import { randomImages } from './random.ts';

/**
 * The images of a source, row-major `[row][column][channel]`, bytes 0..255, always the same ones
 * in the same order. `label` is undefined where the source knows none. Throws `DiagnosticsError` when
 * the source cannot give that many, or gives images of another size than the model's.
 *
 * @param place where the source is named, for the diagnostics
 * @param folder of the design, from which it names its own
 */
export function loadLabelled(
  source: ImageSource,
  model: Model,
  place?: Place,
  folder = '.',
): LabelledImage[] {
  try {
    return load(source, model, folder);
  } catch (error) {
    if (!(error instanceof DiagnosticsError) || !place) throw error;
    throw new DiagnosticsError(error.diagnostics.map((d) => ({ place, ...d })));
  }
}

function load(source: ImageSource, model: Model, folder: string): LabelledImage[] {
  throwIfAny(checkCount(source));
  const images = read(source, model, folder);
  return toModelImages(images, model, `images '${source.kind}'`);
}

function read(source: ImageSource, { image }: Model, folder: string): readonly RawImage[] {
  switch (source.kind) {
    case 'folder':
      return splitImages(readImageFolder(resolve(folder, source.path)), source.count).chosen;
    case 'mnist':
      return readMnist(source.split, source.count);
    case 'random':
      return randomImages(source, image);
  }
}

/** The pixels alone; see `loadLabelled`. */
export function loadImages(
  source: ImageSource,
  model: Model,
  place?: Place,
  folder?: string,
): Uint8Array[] {
  return loadLabelled(source, model, place, folder).map((image) => image.pixels);
}

function checkCount(source: ImageSource): Diagnostic[] {
  if (Number.isSafeInteger(source.count) && source.count >= 1) return [];
  return [
    {
      code: 'VT224',
      message: `${source.count} is not a number of images.`,
      subject: `images '${source.kind}'`,
      hint: 'Ask for a whole number of at least 1.',
    },
  ];
}
