import { type ArrayFault, arrayOf, damaged, type ElementType, type IntegerArray } from './array.ts';

/**
 * NumPy's file of one array, format versions 1 to 3: the magic bytes, a version, the length of a
 * header, the header as a Python dictionary, the elements.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Element types that hold integers; `|` is for those of one byte, which have no byte order. */
const TYPES: Readonly<Record<string, ElementType>> = {
  '|i1': 'int8',
  '|u1': 'uint8',
  '<i2': 'int16',
  '<u2': 'uint16',
  '<i4': 'int32',
  '<u4': 'uint32',
  '<i8': 'int64',
  '<u8': 'uint64',
};

/** Headers are about 128 bytes; version 2 exists for thousands of named fields, which are not read. */
const MAX_HEADER = 2 ** 16;

/** Reads an `.npy` file of integers, little-endian, in C order. */
export function readNpy(bytes: Uint8Array): IntegerArray | ArrayFault {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    return damaged('does not begin as an .npy file does');
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) return damaged(`has the .npy version ${version}, not 1 to 3`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) return damaged('ends in its header');
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) return damaged(`has a header of ${length} bytes`);
  if (start + length > bytes.length) return damaged('ends in its header');
  const header = readHeader(new TextDecoder().decode(bytes.subarray(start, start + length)));
  if ('fault' in header) return header;
  return arrayOf(header.type, header.shape, bytes.subarray(start + length));
}

interface Header {
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** `{'descr': '<i4', 'fortran_order': False, 'shape': (3, 64), }`, its keys in any order. */
function readHeader(text: string): Header | ArrayFault {
  const body = text.match(/^\s*\{(.*)\}\s*$/s)?.[1];
  const descr = body?.match(/['"]descr['"]\s*:\s*['"]([^'"]*)['"]/)?.[1];
  const order = body?.match(/['"]fortran_order['"]\s*:\s*(True|False)/)?.[1];
  const shape = body?.match(/['"]shape['"]\s*:\s*\(([\d\sL,]*)\)/)?.[1];
  if (descr === undefined || order === undefined || shape === undefined) {
    return damaged('has a header that is not that of an array of numbers');
  }
  const type = TYPES[descr];
  if (!type) {
    const legal = Object.keys(TYPES).join(', ');
    return damaged(`has elements of the type '${descr}'; integers are read: ${legal}`);
  }
  if (order === 'True') return damaged('is in Fortran order; C order is read');
  const sizes = shape.split(',').map((n) => n.replace('L', '').trim());
  return { type, shape: sizes.filter((n) => n !== '').map(Number) };
}

/** An `.npy` file of version 1, little-endian, in C order: what `readNpy` reads. */
export function writeNpy({ shape, data }: IntegerArray): Uint8Array {
  const name = data instanceof Float64Array ? 'int64' : typeName(data);
  const descr = Object.keys(TYPES).find((key) => TYPES[key] === name);
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // The elements begin at a multiple of 64, as NumPy has it, after a line feed.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const elements = data instanceof Float64Array ? BigInt64Array.from(data, (x) => BigInt(x)) : data;
  const bytes = new Uint8Array(10 + length + elements.byteLength);
  bytes.set([...MAGIC, 1, 0, length % 256, Math.floor(length / 256)]);
  bytes.set(new TextEncoder().encode(`${header.padEnd(length - 1)}\n`), 10);
  bytes.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength), 10 + length);
  return bytes;
}

function typeName(data: Exclude<IntegerArray['data'], Float64Array>): ElementType {
  const bits = 8 * data.BYTES_PER_ELEMENT;
  return `${data.constructor.name.startsWith('U') ? 'u' : ''}int${bits}` as ElementType;
}
