import { readFileSync, statSync } from 'node:fs';
import { type ArrayFault, damaged, isFault } from './array.ts';
import { readNpy } from './npy.ts';
import { type ArrayArchive, openNpz } from './npz.ts';
import { openSafetensors } from './safetensors.ts';

/** No weights or sample images that an FPGA could take come near this. */
const MAX_FILE_BYTES = 2 ** 30;

export const arrayFileEndings = ['.npz', '.npy', '.safetensors'] as const;

/** Name by which the one array of an `.npy` file is read. */
export const ONLY_ARRAY = '';

/** Opens a file of integer arrays by its ending, or says why it cannot. */
export function openArrays(path: string): ArrayArchive | ArrayFault {
  const bytes = readBytes(path);
  if (isFault(bytes)) return bytes;
  if (path.endsWith('.npz')) return openNpz(bytes);
  if (path.endsWith('.safetensors')) return openSafetensors(bytes);
  if (path.endsWith('.npy')) return { names: [ONLY_ARRAY], read: () => readNpy(bytes) };
  return damaged(`has none of the endings ${arrayFileEndings.join(', ')}`);
}

function readBytes(path: string): Uint8Array | ArrayFault {
  try {
    const found = statSync(path);
    if (!found.isFile()) return { kind: 'missing', fault: 'is not a file' };
    if (found.size > MAX_FILE_BYTES) {
      return {
        kind: 'large',
        fault: `has ${found.size} bytes; at most ${MAX_FILE_BYTES} are read`,
      };
    }
    return readFileSync(path);
  } catch {
    return { kind: 'missing', fault: 'does not exist or cannot be read' };
  }
}
