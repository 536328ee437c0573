import { type IntegerArray, writeNpz } from '../../src/arrays/index.ts';

const SIDE = 32;
const SIZE = 3 * SIDE * SIDE;
const RECORD = 1 + SIZE;

export interface Records {
  readonly labels: readonly number[];
  /** `[row][column][channel]` of one image after the other. */
  readonly pixels: Uint8Array;
}

/**
 * Records of CIFAR-10's binary version: a class, then 32x32 bytes of red, of green and of blue. Throws
 * when the bytes are no whole records, or a class is none of ten.
 */
export function recordsOf(bytes: Uint8Array, name: string): Records {
  const count = bytes.length / RECORD;
  if (!Number.isInteger(count) || count === 0) {
    throw new Error(`${name} holds ${bytes.length} bytes, which are no records of ${RECORD}`);
  }
  const labels = Array.from({ length: count }, (_, i) => bytes[i * RECORD] as number);
  const wrong = labels.find((label) => label > 9);
  if (wrong !== undefined) throw new Error(`${name} has a class ${wrong}`);
  const pixels = new Uint8Array(count * SIZE);
  for (let i = 0; i < pixels.length; i++) {
    const [image, within] = [Math.floor(i / SIZE), i % SIZE];
    const planar = (within % 3) * SIDE * SIDE + Math.floor(within / 3);
    pixels[i] = bytes[image * RECORD + 1 + planar] as number;
  }
  return { labels, pixels };
}

/** The images at `indices` as an `.npz` file. */
export function packed({ labels, pixels }: Records, indices: readonly number[]): Uint8Array {
  const data = new Uint8Array(indices.length * SIZE);
  indices.forEach((from, to) => {
    data.set(pixels.subarray(from * SIZE, (from + 1) * SIZE), to * SIZE);
  });
  return writeNpz(
    new Map<string, IntegerArray>([
      ['images', { shape: [indices.length, SIDE, SIDE, 3], data }],
      [
        'labels',
        { shape: [indices.length], data: Int32Array.from(indices, (i) => labels[i] ?? 0) },
      ],
    ]),
  );
}
