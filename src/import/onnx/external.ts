import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { isAbsolute, normalize, resolve } from 'node:path';
import type { ExternalData } from './tensor.ts';

/**
 * Reads tensors that a model keeps in files beside it (onnx.proto, `external_data`). Only files in
 * the folder of the model or below are read, and no more of them than the tensor's shape needs.
 */
export function externalFiles(folder: string): ExternalData {
  return ({ externalData }, bytes) => {
    const of = (key: string) => externalData.find((entry) => entry.key === key)?.value;
    const location = of('location') ?? '';
    const refuse = (reason: string) => ({ code: 'VT208' as const, reason });
    const path = normalize(location);
    if (location === '' || isAbsolute(path) || /^\.\.([\\/]|$)/.test(path)) {
      return refuse(
        `keeps its data in '${location}', which is not a file below the model's folder`,
      );
    }
    const offset = Number(of('offset') ?? 0);
    const length = Number(of('length') ?? bytes);
    const file = resolve(folder, path);
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found?.isFile()) return refuse(`keeps its data in '${location}', which does not exist`);
    const legal = Number.isSafeInteger(offset) && offset >= 0 && offset + bytes <= found.size;
    if (!legal || length !== bytes) {
      return refuse(
        `wants ${bytes} bytes from ${offset} on and has ${length} in '${location}', a file of ${found.size}`,
      );
    }
    const data = new Uint8Array(bytes);
    const handle = openSync(file, 'r');
    try {
      for (let at = 0; at < bytes; ) {
        const got = readSync(handle, data, at, bytes - at, offset + at);
        if (got === 0) return refuse(`keeps its data in '${location}', which ends too early`);
        at += got;
      }
    } finally {
      closeSync(handle);
    }
    return data;
  };
}
