import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../verify/cache.ts';

/** Hash of the parts, in order. */
export function contentKey(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part.length}\n`);
    hash.update(part);
  }
  return hash.digest('hex').slice(0, 32);
}

const folder = () => join(cacheFolder(), 'synthesis');

/** An entry, kept beside the compiled benches; its key holds everything that it was made of. */
export function readCache<T>(key: string): T | undefined {
  const path = join(folder(), `${key}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
}

/** Makes an entry as a whole or not at all: another process may look for it. */
export function writeCache(key: string, value: unknown): void {
  mkdirSync(folder(), { recursive: true });
  const scratch = mkdtempSync(join(folder(), 'scratch-'));
  try {
    const file = join(scratch, 'entry');
    writeFileSync(file, JSON.stringify(value));
    renameSync(file, join(folder(), `${key}.json`));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The entry, or what `make` gives, which becomes the entry. */
export async function cachedJson<T>(key: string, make: () => Promise<T>): Promise<T> {
  const known = readCache<T>(key);
  if (known !== undefined) return known;
  const value = await make();
  writeCache(key, value);
  return value;
}
