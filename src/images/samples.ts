import { resolve } from 'node:path';
import {
  type ArrayArchive,
  type IntegerArray,
  isFault,
  openArrays,
  openNpz,
  writeNpz,
} from '../arrays/index.ts';
import { DiagnosticsError, type Place } from '../diagnostics/index.ts';
import type { ArrayImages, ArrayPart, ImageSource } from '../dsl/design.ts';
import { encodeImage } from '../golden/encode-image.ts';
import { type GraphInput, rangeOf } from '../ir/index.ts';
import type { Model } from '../model/index.ts';
import { decodeFrame } from './decode.ts';
import { readImageFolder, splitImages } from './folder.ts';
import { type RawImage, toModelImages } from './image.ts';

/** What a frame begins with: the codes of the graph's first tensor. */
export interface SampleFrame {
  /** `[patches, patchSize]` */
  readonly codes: Int32Array;
  /** Class, or undefined where the source knows none. */
  readonly label: number | undefined;
}

/** More frames than a simulation takes; the rest of a larger set is not read. */
const MAX_FRAMES = 1024;
const UNLABELLED = -1;

/**
 * The frames of files of arrays, in order; pixels are encoded as the graph's input says. Throws
 * `DiagnosticsError` VT225, one for each array that is missing, damaged, or not of the input's shape
 * or range.
 *
 * @param folder folder of the design, to which files are relative
 * @param place where the design names the source
 */
export function loadSamples(
  { parts }: ArrayImages,
  input: GraphInput,
  folder: string,
  place?: Place,
): SampleFrame[] {
  const faults: string[] = [];
  const frames = parts.flatMap((part) => {
    const archive = openArrays(resolve(folder, part.file));
    const read = isFault(archive)
      ? `'${part.file}' ${archive.fault}.`
      : readPart(archive, part, input);
    if (typeof read !== 'string') return read;
    faults.push(read);
    return [];
  });
  if (faults.length > 0) throw fault(faults, place);
  return frames.slice(0, MAX_FRAMES);
}

/** The frames of one part, or what is wrong with it. */
function readPart(
  archive: ArrayArchive,
  part: ArrayPart,
  input: GraphInput,
): SampleFrame[] | string {
  const name = part.pixels ?? part.codes ?? '';
  const found = archive.read(name);
  if (isFault(found)) return `'${name}' of '${part.file}' ${found.fault}.`;
  const { height, width, channels } = input.image;
  const one = part.pixels ? [height, width, channels] : input.tensor.shape;
  const array = framesOf(found, one);
  if (!array) {
    return `'${name}' of '${part.file}' has the shape [${found.shape.join(', ')}], not [images, ${one.join(', ')}].`;
  }
  const { low, high } = part.pixels ? { low: 0, high: 255 } : rangeOf(input.tensor.format);
  const bad = array.data.find((x) => x < low || x > high);
  if (bad !== undefined) {
    return `'${name}' of '${part.file}' has the element ${bad}, which is not in ${low} .. ${high}.`;
  }
  const labels = part.labels ? archive.read(part.labels) : null;
  if (labels && isFault(labels)) return `'${part.labels}' of '${part.file}' ${labels.fault}.`;
  if (labels && labels.data.length !== array.count) {
    return `'${part.labels}' of '${part.file}' has ${labels.data.length} labels for ${array.count} images.`;
  }
  const size = array.data.length / array.count;
  return Array.from({ length: Math.min(array.count, MAX_FRAMES) }, (_, i) => {
    const own = array.data.subarray(i * size, (i + 1) * size);
    const codes = part.pixels ? encodeImage(input, Uint8Array.from(own)) : Int32Array.from(own);
    const label = labels?.data[i];
    return { codes, label: label === undefined || label < 0 ? undefined : label };
  });
}

/** Elements of `[n, ...one]`, or of `one` itself; null for another shape, or when there are none. */
function framesOf({ shape, data }: IntegerArray, one: readonly number[]) {
  const count = shape.length === one.length ? 1 : (shape[0] ?? 0);
  const rest = shape.length === one.length ? shape : shape.slice(1);
  const fits = rest.length === one.length && rest.every((n, i) => n === one[i]);
  return fits && count > 0 ? { count, data } : null;
}

/** Images of a folder as frames: those that are not calibrated with, as far as there are any. */
export function folderSamples(
  { path, count }: Extract<ImageSource, { kind: 'folder' }>,
  model: Model,
  input: GraphInput,
  folder: string,
): SampleFrame[] {
  const all = readImageFolder(resolve(folder, path));
  const { chosen, rest } = splitImages(all, count);
  const shown = splitImages(rest.length > 0 ? rest : chosen, FOLDER_FRAMES).chosen;
  return toModelImages(shown, model, `images '${path}'`).map(({ pixels, label }) => ({
    codes: encodeImage(input, pixels),
    label,
  }));
}

/** Frames of a folder of images that go into the build folder. */
const FOLDER_FRAMES = 32;

/** Frames as one `.npz` file, which `readSamples` reads: the same frames give the same bytes. */
export function packSamples(frames: readonly SampleFrame[], input: GraphInput): Uint8Array {
  const [patches = 0, size = 0] = input.tensor.shape;
  const { low, high } = rangeOf(input.tensor.format);
  const Codes =
    low >= -128 && high <= 127 ? Int8Array : low >= 0 && high <= 255 ? Uint8Array : Int32Array;
  const codes = new Codes(frames.length * patches * size);
  frames.forEach((frame, i) => {
    codes.set(frame.codes, i * patches * size);
  });
  const labels = Int32Array.from(frames, ({ label }) => label ?? UNLABELLED);
  return writeNpz(
    new Map<string, IntegerArray>([
      ['codes', { shape: [frames.length, patches, size], data: codes }],
      ['labels', { shape: [frames.length], data: labels }],
    ]),
  );
}

/**
 * The first frames of a file that `packSamples` wrote, with pixels to be shown. Throws
 * `DiagnosticsError`: VT225 the file is damaged, VT221 it has fewer.
 */
export function readSamples(bytes: Uint8Array, input: GraphInput, count: number): RawImage[] {
  const archive = openNpz(bytes);
  const part = { file: 'samples.npz', codes: 'codes', labels: 'labels' };
  const frames = isFault(archive)
    ? `'${part.file}' ${archive.fault}.`
    : readPart(archive, part, input);
  if (typeof frames === 'string') throw fault([frames], undefined);
  if (frames.length < count) {
    const message = `${count} images were asked for, and the design has ${frames.length}.`;
    const hint = `Ask for 1 to ${frames.length}.`;
    throw new DiagnosticsError([{ code: 'VT221', message, subject: 'images', hint }]);
  }
  const { height, width, channels } = input.image;
  return frames.slice(0, count).map(({ codes, label }) => ({
    ...{ height, width, channels, label, codes },
    pixels: decodeFrame(input, codes),
  }));
}

function fault(sentences: readonly string[], place: Place | undefined): DiagnosticsError {
  return new DiagnosticsError(
    sentences.map((message) => ({ code: 'VT225' as const, message, subject: 'images', place })),
  );
}
