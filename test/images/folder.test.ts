import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type IntegerArray, writeNpz } from '../../src/arrays/index.ts';
import { decodePng, readImageFolder, readNpzImages } from '../../src/images/index.ts';

const root = mkdtempSync(join(tmpdir(), 'vitrum-images-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), content]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(content.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** Lines as they stand in the file, each with its filter in front. */
function png(
  width: number,
  lines: readonly number[][],
  colour: number,
  depth = 8,
  palette: number[] = [],
) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(lines.length, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...(palette.length > 0 ? [chunk('PLTE', Uint8Array.from(palette))] : []),
    chunk('IDAT', deflateSync(Uint8Array.from(lines.flat()))),
    chunk('IEND', new Uint8Array()),
  ]);
}

describe('decodePng', () => {
  it('undoes every filter', () => {
    const grey = decodePng(
      png(
        2,
        [
          [0, 10, 20],
          [1, 10, 5],
          [2, 1, 1],
          [3, 250, 2],
          [4, 3, 4],
        ],
        0,
      ),
    );
    expect(grey).toMatchObject({ width: 2, height: 5, channels: 1 });
    // Sub: 10, 15; up: 11, 16; average: 250 + 5 = 255, 2 + floor((255 + 16) / 2) = 137; Paeth.
    expect(typeof grey === 'string' ? [] : [...grey.pixels]).toEqual([
      10, 20, 10, 15, 11, 16, 255, 137, 2, 6,
    ]);
  });

  it('drops alpha and looks colours up', () => {
    const rgba = decodePng(png(1, [[0, 1, 2, 3, 200]], 6));
    expect(rgba).toMatchObject({ channels: 3, pixels: Uint8Array.of(1, 2, 3) });
    const indexed = decodePng(png(2, [[0, 1, 0]], 3, 8, [9, 8, 7, 6, 5, 4]));
    expect(indexed).toMatchObject({ channels: 3, pixels: Uint8Array.of(6, 5, 4, 9, 8, 7) });
    expect(decodePng(png(1, [[0, 77, 5]], 4))).toMatchObject({ pixels: Uint8Array.of(77) });
  });

  it('says why it cannot read a file', () => {
    const whole = png(2, [[0, 1, 2]], 0);
    expect(decodePng(Buffer.from('no picture'))).toBe('is no PNG file');
    expect(decodePng(whole.subarray(0, 20))).toBe('has no header');
    expect(decodePng(whole.subarray(0, 45))).toMatch(/^is damaged: /);
    expect(decodePng(png(2, [[0, 1, 2]], 0, 16))).toMatch(/^has 16 bits a sample/);
    const flipped = Uint8Array.from(whole, (byte, i) => (i === 45 ? byte ^ 1 : byte));
    expect(decodePng(flipped)).toMatch(/^is damaged: .*CRC/);
    expect(decodePng(png(2, [[7, 1, 2]], 0))).toMatch(/^is damaged: .*filter/i);
    expect(decodePng(png(100_000, [[0]], 0))).toBe('claims 100000 x 1 pixels');
  });
});

describe('readImageFolder', () => {
  const folder = (name: string) => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const said = (path: string) => {
    try {
      readImageFolder(path);
      return 'nothing';
    } catch (error) {
      return error instanceof Error ? error.message : 'no error';
    }
  };

  it('takes folders of PNG files as classes, evenly', () => {
    const path = folder('classes');
    for (const [label, name] of ['cat', 'dog'].entries()) {
      for (let i = 0; i < 3; i++) {
        writeFileSync(
          join(folder(`classes/${name}`), `${i}.png`),
          png(1, [[0, 10 * label + i]], 0),
        );
      }
    }
    const all = readImageFolder(path);
    expect(all.map(({ label, pixels }) => [label, pixels[0]])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 10],
      [1, 11],
      [1, 12],
    ]);
    expect(readImageFolder(path, 2).map(({ label }) => label)).toEqual([0, 1]);
  });

  it('takes an .npz with or without labels and channels', () => {
    const path = join(folder('npz'), 'set.npz');
    const images = { shape: [2, 2, 2, 1], data: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]) };
    const labels = { shape: [2], data: Int32Array.of(4, 1) };
    writeFileSync(
      path,
      writeNpz(
        new Map<string, IntegerArray>([
          ['images', images],
          ['labels', labels],
        ]),
      ),
    );
    const read = readImageFolder(folder('npz'));
    expect(read.map(({ label, pixels }) => [label, ...pixels])).toEqual([
      [4, 1, 2, 3, 4],
      [1, 5, 6, 7, 8],
    ]);
    const flat = { shape: [1, 2, 4], data: images.data };
    writeFileSync(path, writeNpz(new Map<string, IntegerArray>([['images', flat]])));
    expect(readNpzImages(path)).toMatchObject([
      { height: 2, width: 4, channels: 1, label: undefined },
    ]);
  });

  it('says what is wrong, with the code VT226', () => {
    expect(said(join(root, 'nowhere'))).toMatch(/^VT226 nowhere: 'nowhere' does not exist/);
    expect(said(folder('empty'))).toMatch(/holds no images that are read/);
    writeFileSync(join(folder('bad'), 'a.png'), 'nothing');
    expect(said(folder('bad'))).toMatch(/^VT226 a.png: 'a.png' is no PNG file/);
    const wrong = { shape: [2, 2], data: Uint8Array.of(1, 2, 3, 4) };
    writeFileSync(
      join(folder('bad2'), 'a.npz'),
      writeNpz(new Map<string, IntegerArray>([['images', wrong]])),
    );
    expect(said(folder('bad2'))).toMatch(/'images' of 'a.npz' has bytes \[2, 2\]/);
    const short = new Map<string, IntegerArray>([
      ['images', { shape: [1, 1, 1], data: Uint8Array.of(1) }],
      ['labels', { shape: [2], data: Int32Array.of(1, 2) }],
    ]);
    writeFileSync(join(folder('bad3'), 'a.npz'), writeNpz(short));
    expect(said(folder('bad3'))).toMatch(/1 images stand beside 2 labels/);
  });
});
