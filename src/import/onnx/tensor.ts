import type { Constant } from './constant.ts';
import { type TensorProto, toNumber } from './schema.ts';

/** Why a tensor cannot be read: the diagnostic's code and the rest of its sentence. */
export interface TensorFault {
  readonly code: 'VT207' | 'VT208' | 'VT209';
  readonly reason: string;
}

/** No tensor of a ViT that fits an FPGA comes near this; it bounds what a damaged file can allocate. */
export const MAX_ELEMENTS = 2 ** 26;

const EXTERNAL = 1;

interface ElementType {
  readonly name: string;
  readonly bytes: number;
  readonly integer: boolean;
  /** Of the types that quantizers use. */
  readonly range?: { readonly low: number; readonly high: number };
  /** Reads element `i` of raw little-endian data. */
  readonly raw: (data: DataView, i: number) => number;
  /** The field that holds the elements when there are no raw data. */
  readonly field: (tensor: TensorProto) => readonly (number | { toNumber(): number })[];
  /** Turns an element of that field into its value. */
  readonly decode?: (value: number) => number;
}

const asInt32 = (tensor: TensorProto) => tensor.int32Data;

/** By TensorProto.DataType. */
const ELEMENT_TYPES: Readonly<Record<number, ElementType>> = {
  1: {
    name: 'FLOAT',
    bytes: 4,
    integer: false,
    raw: (d, i) => d.getFloat32(4 * i, true),
    field: (t) => t.floatData,
  },
  2: {
    ...{ name: 'UINT8', bytes: 1, integer: true, range: { low: 0, high: 255 } },
    raw: (d, i) => d.getUint8(i),
    field: asInt32,
  },
  3: {
    ...{ name: 'INT8', bytes: 1, integer: true, range: { low: -128, high: 127 } },
    raw: (d, i) => d.getInt8(i),
    field: asInt32,
  },
  4: {
    ...{ name: 'UINT16', bytes: 2, integer: true, range: { low: 0, high: 65535 } },
    raw: (d, i) => d.getUint16(2 * i, true),
    field: asInt32,
  },
  5: {
    ...{ name: 'INT16', bytes: 2, integer: true, range: { low: -32768, high: 32767 } },
    raw: (d, i) => d.getInt16(2 * i, true),
    field: asInt32,
  },
  21: {
    ...{ name: 'UINT4', bytes: 0.5, integer: true, range: { low: 0, high: 15 } },
    raw: nibble,
    field: asInt32,
  },
  22: {
    ...{ name: 'INT4', bytes: 0.5, integer: true, range: { low: -8, high: 7 } },
    raw: (d, i) => ((nibble(d, i) + 8) % 16) - 8,
    field: asInt32,
  },
  6: {
    name: 'INT32',
    bytes: 4,
    integer: true,
    raw: (d, i) => d.getInt32(4 * i, true),
    field: asInt32,
  },
  7: {
    name: 'INT64',
    bytes: 8,
    integer: true,
    raw: (d, i) => Number(d.getBigInt64(8 * i, true)),
    field: (t) => t.int64Data,
  },
  9: { name: 'BOOL', bytes: 1, integer: true, raw: (d, i) => d.getUint8(i), field: asInt32 },
  10: {
    name: 'FLOAT16',
    bytes: 2,
    integer: false,
    raw: (d, i) => halfToNumber(d.getUint16(2 * i, true)),
    field: asInt32,
    decode: halfToNumber,
  },
  16: {
    name: 'BFLOAT16',
    bytes: 2,
    integer: false,
    raw: (d, i) => bfloatToNumber(d.getUint16(2 * i, true)),
    field: asInt32,
    decode: bfloatToNumber,
  },
  11: {
    name: 'DOUBLE',
    bytes: 8,
    integer: false,
    raw: (d, i) => d.getFloat64(8 * i, true),
    field: (t) => t.doubleData,
  },
};

/** Gives the bytes of a tensor that lie in another file, so many of them. */
export type ExternalData = (tensor: TensorProto, bytes: number) => Uint8Array | TensorFault;

/** A tensor of the file as a constant, or why not. Sizes are checked before anything is allocated. */
export function readTensor(tensor: TensorProto, external?: ExternalData): Constant | TensorFault {
  const type = ELEMENT_TYPES[tensor.dataType];
  if (!type) {
    const names = Object.values(ELEMENT_TYPES).map((t) => t.name);
    const reason = `has the data type ${tensor.dataType}, which is none of ${names.join(', ')}`;
    return { code: 'VT208', reason };
  }
  const shape = tensor.dims.map(toNumber);
  if (shape.some((n) => n < 0)) return { code: 'VT207', reason: `has the shape [${shape}]` };
  const count = shape.reduce((product, n) => product * n, 1);
  if (count > MAX_ELEMENTS) {
    return {
      code: 'VT209',
      reason: `has the shape [${shape}], more than ${MAX_ELEMENTS} elements`,
    };
  }
  const values = type.field(tensor);
  const raw =
    tensor.dataLocation === EXTERNAL
      ? (external?.(tensor, count * type.bytes) ?? {
          code: 'VT208' as const,
          reason: 'keeps its data in another file',
        })
      : tensor.rawData;
  if ('code' in raw) return raw;
  // Two elements of 4 bits share a byte, and the last one may be alone in its own.
  const odd = type.bytes < 1 ? count % 2 : 0;
  const held = raw.length > 0 ? raw.length / type.bytes - odd : values.length;
  if (held !== count) {
    const reason = `has the shape [${shape}], that is ${count} elements, but data of ${held}`;
    return { code: 'VT207', reason };
  }
  // Doubles hold 32-bit integers and the small 64-bit ones of shapes exactly.
  const data = type.bytes <= 4 && !type.integer ? new Float32Array(count) : new Float64Array(count);
  if (raw.length > 0) {
    const { buffer, byteOffset, byteLength } = raw;
    const view = new DataView(buffer, byteOffset, byteLength);
    for (let i = 0; i < count; i++) data[i] = type.raw(view, i);
  } else {
    values.forEach((value, i) => {
      const number = toNumber(value);
      data[i] = type.decode ? type.decode(number) : number;
    });
  }
  const { integer, range } = type;
  return { kind: 'constant', shape, data, integer, range, name: tensor.name };
}

/** The upper half of a binary32. */
function bfloatToNumber(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0] as number;
}

/** Elements of 4 bits, the low one of a byte first. */
function nibble(data: DataView, i: number): number {
  return (data.getUint8(i >> 1) >> (4 * (i % 2))) & 15;
}

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
