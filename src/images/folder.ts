import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readIdx } from './idx.ts';
import type { RawImage } from './image.ts';
import { imagesFault, readNpzImages } from './npz-images.ts';
import { decodePng } from './png.ts';

/**
 * Images that a user has: an `.npz` file, or a folder with a pair of IDX files, with one `.npz`,
 * with PNG files, or with a folder of PNG files for each class (classes are numbered by the sorted
 * names of their folders). At most `count`, spread evenly over what is there, because sets are
 * often sorted by class. Throws `DiagnosticsError` (VT226, VT223).
 */
export function readImageFolder(
  path: string,
  count = Number.POSITIVE_INFINITY,
): readonly RawImage[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw imagesFault(path, `'${basename(path)}' does not exist.`);
  if (found.isFile()) return spread(readNpzImages(path), count);
  const names = readdirSync(path).sort();
  const idx = idxPair(names);
  if (idx) return spread(readIdx(join(path, idx.images), join(path, idx.labels)), count);
  const pngs = pngFiles(path, names);
  if (pngs.length > 0) return spread(pngs, count).map(({ file, label }) => readPng(file, label));
  const archive = names.find((name) => name.endsWith('.npz'));
  if (archive) return spread(readNpzImages(join(path, archive)), count);
  throw imagesFault(path, `'${basename(path)}' holds no images that are read.`);
}

/** The test set of MNIST's four files, or the only pair. */
function idxPair(names: readonly string[]) {
  const of = (kind: string) => {
    const matches = names.filter((name) => name.includes(kind) && /ubyte(\.gz)?$/.test(name));
    return matches.find((name) => name.startsWith('t10k')) ?? matches[0];
  };
  const [images, labels] = [of('images-idx3'), of('labels-idx1')];
  return images !== undefined && labels !== undefined ? { images, labels } : undefined;
}

interface PngFile {
  readonly file: string;
  readonly label: number | undefined;
}

function pngFiles(path: string, names: readonly string[]): readonly PngFile[] {
  const isPng = (name: string) => name.toLowerCase().endsWith('.png');
  const own = names.filter(isPng).map((name) => ({ file: join(path, name), label: undefined }));
  if (own.length > 0) return own;
  const classes = names.filter((name) => statSync(join(path, name)).isDirectory());
  return classes.flatMap((name, label) => {
    const files = readdirSync(join(path, name)).filter(isPng).sort();
    return files.map((file) => ({ file: join(path, name, file), label }));
  });
}

function readPng(file: string, label: number | undefined): RawImage {
  const image = decodePng(readFileSync(file));
  if (typeof image === 'string') throw imagesFault(file, `'${basename(file)}' ${image}.`);
  return { ...image, label };
}

function spread<T>(all: readonly T[], count: number): readonly T[] {
  return splitImages(all, count).chosen;
}

/** At most `count`, spread evenly, and the others. */
export function splitImages<T>(all: readonly T[], count: number) {
  const used = Math.min(count, all.length);
  const at = new Set(Array.from({ length: used }, (_, i) => Math.floor((i * all.length) / used)));
  return { chosen: all.filter((_, i) => at.has(i)), rest: all.filter((_, i) => !at.has(i)) };
}
