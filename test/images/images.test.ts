import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { loadImages, loadLabelled, readIdx } from '../../src/images/index.ts';
import { MNIST_MODEL, smallModel } from '../quantize/models.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrum-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('random images', () => {
  it('are the same for the same seed, and a longer row begins with a shorter one', () => {
    const model = smallModel({ channels: 3 });
    const images = loadImages({ kind: 'random', count: 3, seed: 7 }, model);
    expect(images.map((pixels) => pixels.length)).toEqual([432, 432, 432]);
    expect(loadImages({ kind: 'random', count: 2, seed: 7 }, model)).toEqual(images.slice(0, 2));
    expect(loadImages({ kind: 'random', count: 3, seed: 8 }, model)).not.toEqual(images);
    expect(new Set(images[0]).size).toBeGreaterThan(150);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %s of them', (count) => {
    const source = { kind: 'random', count, seed: 1 } as const;
    expect(() => loadImages(source, smallModel())).toThrow(/VT224/);
  });
});

describe('mnist images', () => {
  const load = (split: 'train' | 'test', count: number) =>
    loadLabelled({ kind: 'mnist', count, split }, MNIST_MODEL);

  it('alternate through the classes, in two disjoint splits', () => {
    const [train, test] = [load('train', 200), load('test', 200)];
    expect(train.map((image) => image.label)).toEqual(Array.from(train, (_, i) => i % 10));
    expect(load('train', 25)).toEqual(train.slice(0, 25));
    const key = ({ pixels }: { pixels: Uint8Array }) => pixels.join();
    const seen = new Set(train.map(key));
    expect(seen.size).toBe(200);
    expect(test.filter((image) => seen.has(key(image)))).toEqual([]);
    // Bytes, not the package's 0..1.
    expect(Math.max(...(train[0]?.pixels ?? []))).toBeGreaterThan(200);
  });

  it('refuses more than there are, and says how many', () => {
    expect(() => load('test', 1e6)).toThrow(/VT221.*1000000 .*has 2\d\d\d\..* 1 to 2\d\d\d/);
  });

  it('gives every digit of a split, also where classes are of different sizes', () => {
    expect(load('test', 2400)).toHaveLength(2400);
  });

  it('refuses a model of another image size', () => {
    const source = { kind: 'mnist', count: 3, split: 'test' } as const;
    expect(() => loadImages(source, smallModel({ side: 32, channels: 3 }))).toThrow(
      /^VT220 .*28x28x1 do not fit .*32x32x3/,
    );
  });
});

describe('readIdx', () => {
  const big = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
  const idx = (dims: number[], data: number[], type = 8) =>
    Uint8Array.from([0, 0, type, dims.length, ...dims.flatMap(big), ...data]);
  const write = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const images = write('images', idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
  const labels = write('labels', idx([2], [7, 3]));

  it('reads images and labels, gzipped or not', () => {
    const zipped = write(
      'images.gz',
      gzipSync(idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])),
    );
    const wanted = { height: 2, width: 3, channels: 1 };
    expect(readIdx(images, labels)).toEqual([
      { ...wanted, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6), label: 7 },
      { ...wanted, pixels: Uint8Array.of(7, 8, 9, 10, 11, 12), label: 3 },
    ]);
    expect(readIdx(zipped, labels)).toEqual(readIdx(images, labels));
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'another file',
      Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]),
      /not an IDX/,
    ],
    ['a cut header', idx([2, 2, 3], []).slice(0, 9), /not an IDX/],
    ['another element type', idx([2, 2, 3], [1], 13), /type 13/],
    ['labels instead of images', idx([2], [7, 3, 0, 0, 0, 0, 0, 0, 0, 0]), /in 1 dimensions/],
    ['missing data', idx([2, 2, 3], [1, 2, 3]), /announces 12 bytes and holds 3/],
    ['a damaged gzip', Uint8Array.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), /cannot be read/],
    ['another number of images', idx([1, 1, 1], [1]), /1 images stand beside 2 labels/],
  ])('refuses %s', (_name, bytes, message) => {
    const faulty = write('faulty', bytes);
    expect(() => readIdx(faulty, labels)).toThrow(/^VT223/);
    expect(() => readIdx(faulty, labels)).toThrow(message);
  });

  it('refuses a file that does not exist', () => {
    expect(() => readIdx(join(folder, 'nowhere'), labels)).toThrow(/'nowhere'.*ENOENT/);
  });

  const data = (name: string) => `../shared/data/mnist/t10k-${name}-ubyte.gz`;
  const absent = !existsSync(data('images-idx3'));
  if (absent) console.warn('skipped: ../shared/data/mnist is absent');
  it.skipIf(absent)('reads the MNIST test set', () => {
    const digits = readIdx(data('images-idx3'), data('labels-idx1'));
    expect(digits).toHaveLength(10000);
    expect(new Set(digits.map((digit) => digit.label)).size).toBe(10);
    expect(digits[9999]?.pixels).toHaveLength(784);
  });
});
