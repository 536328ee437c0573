import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import {
  type ArrayFault,
  type IntegerArray,
  isFault,
  openNpz,
  openSafetensors,
  readNpy,
  writeNpy,
  writeNpz,
} from '../../src/arrays/index.ts';

/** An `.npy` file with a header of any text. */
function npy(header: string, elements: readonly number[] = [], version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version === 1 ? 2 : 4;
  const bytes = new Uint8Array(8 + length + text.length + elements.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  new DataView(bytes.buffer).setUint16(8, text.length, true);
  bytes.set(text, 8 + length);
  bytes.set(elements, 8 + length + text.length);
  return bytes;
}

const header = (descr: string, shape: string, order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

const faultOf = (x: object): string => (isFault(x) ? (x as ArrayFault).fault : 'read');

function arrayOf(x: IntegerArray | ArrayFault): IntegerArray {
  if (isFault(x)) throw new Error(x.fault);
  return x;
}

describe('npy', () => {
  it.each<IntegerArray>([
    { shape: [3], data: Int8Array.of(-128, 0, 127) },
    { shape: [1, 2], data: Uint8Array.of(0, 255) },
    { shape: [2], data: Int16Array.of(-32768, 32767) },
    { shape: [2], data: Uint16Array.of(0, 65535) },
    { shape: [2, 1, 1], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
    { shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
    { shape: [2], data: Float64Array.of(-(2 ** 53) + 1, 2 ** 53 - 1) },
    { shape: [], data: Int32Array.of(-7) },
    { shape: [0, 4], data: Int32Array.of() },
  ])('reads what it wrote: %o', (array) => {
    const bytes = writeNpy(array);
    expect((bytes.length - array.data.byteLength) % 64).toBe(0);
    expect(readNpy(bytes)).toEqual(array);
  });

  it('reads a file as NumPy writes it, at any offset of a buffer', () => {
    // numpy.save(f, numpy.array([[1, -2]], dtype=numpy.int16))
    const file = npy(`${header('<i2', '(1, 2)').trimEnd().padEnd(117)}\n`, [1, 0, 0xfe, 0xff]);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(arrayOf(readNpy(shifted.subarray(3)))).toEqual({
      shape: [1, 2],
      data: Int16Array.of(1, -2),
    });
  });

  it('reads version 2 and keys in another order', () => {
    const text = "{'shape': (2,), 'fortran_order': False, 'descr': '|u1'}";
    expect(arrayOf(readNpy(npy(text, [7, 9], 2))).data).toEqual(Uint8Array.of(7, 9));
  });

  it.each([
    ['nothing', new Uint8Array(0), /does not begin/],
    ['text', new TextEncoder().encode('not an array, but long enough'), /does not begin/],
    ['version 9', npy(header('<i4', '(0,)'), [], 9), /version 9/],
    [
      'a cut header',
      npy(header('<i4', '(1,)'), [1, 0, 0, 0]).subarray(0, 30),
      /ends in its header/,
    ],
    ['a header of prose', npy('shape of four'), /header/],
    ['a header without shape', npy("{'descr': '<i4', 'fortran_order': False}"), /header/],
    ['floats', npy(header('<f4', '(1,)'), [0, 0, 0, 0]), /type '<f4'; integers are read/],
    ['big-endian', npy(header('>i4', '(1,)'), [0, 0, 0, 1]), /type '>i4'/],
    ['objects', npy(header('|O', '(1,)'), [0]), /type '\|O'/],
    ['Fortran order', npy(header('<i4', '(1,)', 'True'), [1, 0, 0, 0]), /Fortran order/],
    ['too few elements', npy(header('<i4', '(2,)'), [1, 0, 0, 0]), /4 bytes .* takes 8/],
    ['too many elements', npy(header('|i1', '(2,)'), [1, 2, 3]), /3 bytes .* takes 2/],
    ['an absurd shape', npy(header('<i4', '(4294967296, 4294967296)')), /elements; at most/],
    ['an axis beyond 2^53', npy(header('<i4', '(99999999999999999999,)')), /axis/],
    ['64 bits beyond 2^53', npy(header('<i8', '(1,)'), [1, 0, 0, 0, 0, 0, 32, 0]), /beyond 2\^53/],
  ])('refuses %s', (_, bytes, message) => {
    expect(faultOf(readNpy(bytes))).toMatch(message);
  });
});

describe('npz', () => {
  const arrays = new Map<string, IntegerArray>([
    ['a', { shape: [4], data: Int8Array.of(1, 2, 3, 4) }],
    ['block0.weight', { shape: [2, 2], data: Int32Array.of(5, -6, 7, -8) }],
  ]);
  const file = writeNpz(arrays);
  const open = (bytes: Uint8Array) => {
    const archive = openNpz(bytes);
    if (isFault(archive)) throw new Error(archive.fault);
    return archive;
  };

  it('reads what it wrote, and writes the same bytes again', () => {
    const archive = open(file);
    expect(archive.names).toEqual([...arrays.keys()]);
    for (const [name, array] of arrays) expect(archive.read(name)).toEqual(array);
    expect(writeNpz(arrays)).toEqual(file);
  });

  it('reads entries that are stored without compression', () => {
    const stored = zipSync(
      { 'a.npy': writeNpy({ shape: [1], data: Int8Array.of(9) }) },
      { level: 0 },
    );
    expect(arrayOf(open(stored).read('a')).data).toEqual(Int8Array.of(9));
  });

  it('says that an array is missing', () => {
    expect(open(file).read('b')).toMatchObject({ kind: 'missing' });
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('PK but no archive at all, really')],
    ['half a file', file.subarray(0, file.length / 2)],
  ])('refuses %s', (_, bytes) => {
    expect(openNpz(bytes)).toMatchObject({ kind: 'damaged' });
  });

  /** The file with a field of the first directory entry replaced. */
  const withSize = (size: number) => {
    const bytes = file.slice();
    const view = new DataView(bytes.buffer);
    let at = 0;
    while (view.getUint32(at, true) !== 0x02014b50) at++;
    view.setUint32(at + 24, size, true);
    return bytes;
  };

  it.each([2 ** 32 - 2, 2 ** 28])('allocates nothing for a claim of %d bytes', (size) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(faultOf(open(withSize(size)).read('a'))).toMatch(/claims/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  it('refuses an entry of which fewer bytes are claimed than there are', () => {
    expect(isFault(open(withSize(20)).read('a'))).toBe(true);
  });

  it('survives any one damaged byte', () => {
    for (let at = 0; at < file.length; at++) {
      const bytes = file.slice();
      bytes[at] = (bytes[at] as number) ^ 0xff;
      const archive = openNpz(bytes);
      if (!isFault(archive)) for (const name of archive.names) archive.read(name);
    }
  });
});

describe('safetensors', () => {
  function safetensors(entries: object | string, elements: readonly number[] = []): Uint8Array {
    const text = typeof entries === 'string' ? entries : JSON.stringify(entries);
    const bytes = new Uint8Array(8 + text.length + elements.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(new TextEncoder().encode(text), 8);
    bytes.set(elements, 8 + text.length);
    return bytes;
  }
  const entry = (dtype: string, shape: readonly number[], from: number, to: number) => ({
    dtype,
    shape,
    data_offsets: [from, to],
  });

  it('reads tensors of integers', () => {
    const file = safetensors(
      { __metadata__: { by: 'x' }, a: entry('I8', [2], 0, 2), b: entry('I16', [1, 1], 2, 4) },
      [1, 255, 0, 1],
    );
    const archive = openSafetensors(file);
    if (isFault(archive)) throw new Error(archive.fault);
    expect(archive.names).toEqual(['a', 'b']);
    expect(archive.read('a')).toEqual({ shape: [2], data: Int8Array.of(1, -1) });
    expect(archive.read('b')).toEqual({ shape: [1, 1], data: Int16Array.of(256) });
    expect(archive.read('c')).toMatchObject({ kind: 'missing' });
  });

  it.each([
    ['floats', { a: entry('F32', [1], 0, 4) }, /type F32/],
    ['offsets outside', { a: entry('I8', [9], 0, 9) }, /outside the file/],
    ['offsets of another size', { a: entry('I32', [2], 0, 4) }, /takes 8/],
    ['no offsets', { a: { dtype: 'I8', shape: [1] } }, /data_offsets/],
  ])('refuses %s', (_, entries, message) => {
    const archive = openSafetensors(safetensors(entries, [0, 0, 0, 0]));
    expect(isFault(archive) ? '' : faultOf(archive.read('a'))).toMatch(message);
  });

  it('refuses a header that is none, or longer than the file', () => {
    expect(openSafetensors(new Uint8Array(3))).toMatchObject({ kind: 'damaged' });
    expect(openSafetensors(safetensors('[1]'))).toMatchObject({ kind: 'damaged' });
    expect(openSafetensors(safetensors('{{{'))).toMatchObject({ kind: 'damaged' });
    const long = safetensors('{}');
    new DataView(long.buffer).setBigUint64(0, 2n ** 60n, true);
    expect(faultOf(openSafetensors(long))).toMatch(/claims a header/);
  });
});
