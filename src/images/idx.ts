import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DiagnosticsError } from '../diagnostics/index.ts';
import type { RawImage } from './image.ts';

/** IDX type code of unsigned bytes, the only one that image sets use. */
const UNSIGNED_BYTE = 8;

/**
 * Reads a pair of IDX files (http://yann.lecun.com/exdb/mnist, `FILE FORMATS`), gzipped or not:
 * bytes `[count, rows, columns]` and labels `[count]`. Throws `DiagnosticsError` (VT223) when a
 * file is missing, damaged or does not match the other.
 */
export function readIdx(imagesPath: string, labelsPath: string): RawImage[] {
  const images = readIdxFile(imagesPath, 3);
  const labels = readIdxFile(labelsPath, 1);
  const [count = 0, height = 0, width = 0] = images.dims;
  if (labels.dims[0] !== count) {
    throw fault(imagesPath, `${count} images stand beside ${labels.dims[0]} labels.`);
  }
  const size = height * width;
  return Array.from({ length: count }, (_, i) => ({
    height,
    width,
    channels: 1,
    pixels: Uint8Array.from(images.data.subarray(i * size, (i + 1) * size)),
    label: labels.data[i],
  }));
}

interface IdxFile {
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

function readIdxFile(path: string, rank: number): IdxFile {
  const bytes = readMaybeGzipped(path);
  if (bytes.length < 4 + 4 * rank || bytes[0] !== 0 || bytes[1] !== 0) {
    throw fault(path, `'${basename(path)}' is not an IDX file.`);
  }
  if (bytes[2] !== UNSIGNED_BYTE || bytes[3] !== rank) {
    throw fault(
      path,
      `'${basename(path)}' has elements of type ${bytes[2]} in ${bytes[3]} dimensions; unsigned bytes (8) in ${rank} are wanted.`,
    );
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  const dims = Array.from({ length: rank }, (_, i) => header.getUint32(4 + 4 * i));
  const data = bytes.subarray(4 + 4 * rank);
  const wanted = dims.reduce((product, n) => product * n, 1);
  if (data.length !== wanted) {
    throw fault(path, `'${basename(path)}' announces ${wanted} bytes and holds ${data.length}.`);
  }
  return { dims, data };
}

function readMaybeGzipped(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw fault(path, `'${basename(path)}' cannot be read${reason}.`);
  }
}

function fault(path: string, message: string): DiagnosticsError {
  return new DiagnosticsError([
    {
      code: 'VT223',
      message,
      subject: basename(path),
      hint: 'A pair of IDX files is wanted, gzipped or not: images [count, rows, columns] and labels [count].',
    },
  ]);
}
