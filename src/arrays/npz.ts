import { unzipSync, zipSync } from 'fflate';
import { type ArrayFault, damaged, type IntegerArray, MAX_ELEMENTS } from './array.ts';
import { readNpy, writeNpy } from './npy.ts';

/** The arrays of an `.npz` file by name; each is decompressed when it is asked for. */
export interface ArrayArchive {
  readonly names: readonly string[];
  readonly read: (name: string) => IntegerArray | ArrayFault;
}

/** Deflate makes at most about 1032 bytes of one, so a larger claim is wrong or made to harm. */
const MAX_EXPANSION = 1032;
/** The smallest entry of a zip file's directory. */
const ENTRY_BYTES = 46;
const SUFFIX = '.npy';

/** Opens NumPy's archive of arrays: a zip file of `.npy` files. Checksums are not compared. */
export function openNpz(bytes: Uint8Array): ArrayArchive | ArrayFault {
  const entries = listEntries(bytes);
  if ('fault' in entries) return entries;
  const names = [...entries.keys()].filter((name) => name.endsWith(SUFFIX));
  return {
    names: names.map((name) => name.slice(0, -SUFFIX.length)),
    read(name) {
      const entry = entries.get(name + SUFFIX);
      if (!entry) return { kind: 'missing', fault: 'is not in the archive' };
      if (entry.originalSize > 8 * MAX_ELEMENTS) {
        return { kind: 'large', fault: `claims ${entry.originalSize} bytes` };
      }
      if (entry.originalSize > MAX_EXPANSION * (entry.size + 1)) {
        return damaged(`claims ${entry.originalSize} bytes in ${entry.size} compressed ones`);
      }
      const content = inflateEntry(bytes, name + SUFFIX);
      return 'fault' in content ? content : readNpy(content);
    },
  };
}

interface Entry {
  readonly size: number;
  readonly originalSize: number;
}

function listEntries(bytes: Uint8Array): ReadonlyMap<string, Entry> | ArrayFault {
  const entries = new Map<string, Entry>();
  let count = 0;
  try {
    unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        // A damaged directory may claim billions of entries.
        if (++count * ENTRY_BYTES > bytes.length) throw new Error('too many entries');
        entries.set(name, { size, originalSize });
        return false;
      },
    });
  } catch {
    return damaged('is no .npz archive, or is cut off');
  }
  return entries;
}

function inflateEntry(bytes: Uint8Array, wanted: string): Uint8Array | ArrayFault {
  try {
    const content = unzipSync(bytes, { filter: ({ name }) => name === wanted })[wanted];
    if (content) return content;
  } catch {
    // Told below: it is the user's file that is damaged, not the program.
  }
  return damaged('cannot be decompressed');
}

/** An `.npz` archive; the same arrays give the same bytes. */
export function writeNpz(arrays: ReadonlyMap<string, IntegerArray>): Uint8Array {
  const files = [...arrays].map(([name, array]) => [name + SUFFIX, writeNpy(array)] as const);
  // The oldest time that a zip file can say.
  return zipSync(Object.fromEntries(files), { mtime: new Date(1980, 0, 1) });
}
