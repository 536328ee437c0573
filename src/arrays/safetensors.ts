import { z } from 'zod';
import { type ArrayFault, arrayOf, damaged, type ElementType } from './array.ts';
import type { ArrayArchive } from './npz.ts';

/**
 * The safetensors format: the length of a header as 8 bytes, the header as JSON, the elements.
 * https://huggingface.co/docs/safetensors
 */
const TYPES: Readonly<Record<string, ElementType>> = {
  I8: 'int8',
  U8: 'uint8',
  I16: 'int16',
  U16: 'uint16',
  I32: 'int32',
  U32: 'uint32',
  I64: 'int64',
  U64: 'uint64',
};

/** The limit that the format itself states. */
const MAX_HEADER = 100_000_000;
const HEADER_LENGTH_BYTES = 8;
const METADATA = '__metadata__';

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** Opens a `.safetensors` file; its tensors of integers can be read. */
export function openSafetensors(bytes: Uint8Array): ArrayArchive | ArrayFault {
  if (bytes.length < HEADER_LENGTH_BYTES) return damaged('is too short for a safetensors file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const start = HEADER_LENGTH_BYTES + length;
  if (length > MAX_HEADER || start > bytes.length) {
    return damaged(`claims a header of ${length} bytes and has ${bytes.length} in all`);
  }
  const header = parse(new TextDecoder().decode(bytes.subarray(HEADER_LENGTH_BYTES, start)));
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    return damaged('has a header that is no JSON object');
  }
  const entries = new Map(Object.entries(header).filter(([name]) => name !== METADATA));
  return {
    names: [...entries.keys()],
    read(name) {
      if (!entries.has(name)) return { kind: 'missing', fault: 'is not in the file' };
      const entry = entrySchema.safeParse(entries.get(name));
      if (!entry.success) return damaged('has no dtype, shape and data_offsets in the header');
      const { dtype, shape, data_offsets } = entry.data;
      const type = TYPES[dtype];
      if (!type) {
        const legal = Object.keys(TYPES).join(', ');
        return damaged(`has elements of the type ${dtype}; integers are read: ${legal}`);
      }
      const [from, to] = data_offsets;
      if (from > to || start + to > bytes.length) return damaged('lies outside the file');
      return arrayOf(type, shape, bytes.subarray(start + from, start + to));
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
