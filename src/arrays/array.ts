/** An array of integers as a file holds it. */
export interface IntegerArray {
  readonly shape: readonly number[];
  /** Row-major. Elements of 64 bits are doubles, every one of them exact. */
  readonly data: IntegerData;
}

export type IntegerData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float64Array;

/** Why a file or an array in it cannot be read. */
export interface ArrayFault {
  /** `missing`: no such file or array. `damaged`: not what its name says. `large`: past a limit. */
  readonly kind: 'missing' | 'damaged' | 'large';
  /** Completes "it ...": `ends after 3 of 10 bytes`. */
  readonly fault: string;
}

export function isFault(x: object): x is ArrayFault {
  return 'fault' in x;
}

export function damaged(fault: string): ArrayFault {
  return { kind: 'damaged', fault };
}

/** No tensor of a ViT that fits an FPGA comes near this; it bounds what a damaged file can allocate. */
export const MAX_ELEMENTS = 2 ** 26;

/** Element types by the name that the faults use. */
export type ElementType = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | WideType;
type WideType = 'int64' | 'uint64';

const CONSTRUCTORS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
};

/**
 * Little-endian bytes as an array. Sizes are compared with the bytes that are there before
 * anything is allocated.
 */
export function arrayOf(
  type: ElementType,
  shape: readonly number[],
  bytes: Uint8Array,
): IntegerArray | ArrayFault {
  const bad = shape.find((n) => !Number.isSafeInteger(n) || n < 0);
  if (bad !== undefined) return damaged(`has an axis of the size ${bad}`);
  const elements = shape.reduce((product, n) => product * n, 1);
  if (elements > MAX_ELEMENTS) {
    return { kind: 'large', fault: `has ${elements} elements; at most ${MAX_ELEMENTS} are read` };
  }
  const size = Number(type.replace(/\D/g, '')) / 8;
  if (bytes.length !== elements * size) {
    return damaged(
      `holds ${bytes.length} bytes for the shape [${shape.join(', ')}] of ${type}, ` +
        `which takes ${elements * size}`,
    );
  }
  if (type === 'int64' || type === 'uint64') return wideArray(type, shape, bytes);
  // A copy, because a typed array must begin at a multiple of its element's size. Not by `slice`,
  // which gives a view of the same memory when the bytes are a Buffer of Node.
  const { buffer } = new Uint8Array(bytes);
  return { shape, data: new CONSTRUCTORS[type](buffer) };
}

/** 64-bit elements as doubles; a fault when one of them is not exact as a double. */
function wideArray(
  type: WideType,
  shape: readonly number[],
  bytes: Uint8Array,
): IntegerArray | ArrayFault {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float64Array(bytes.length / 8);
  for (let i = 0; i < data.length; i++) {
    const value = type === 'int64' ? view.getBigInt64(8 * i, true) : view.getBigUint64(8 * i, true);
    data[i] = Number(value);
    if (!Number.isSafeInteger(data[i])) {
      return damaged(`has the element ${value} at ${i}, which is beyond 2^53`);
    }
  }
  return { shape, data };
}
