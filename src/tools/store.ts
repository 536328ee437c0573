import { createHash, type Hash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Results by the content that they were made from, so that a run that was broken off goes on. */
export interface Store {
  read(key: string): unknown;
  write(key: string, value: unknown): void;
}

/** Files that are kept unless fewer are asked for. */
const KEPT = 5000;

/**
 * Results as JSON files of a folder. One that cannot be written is not kept, and nothing is said.
 *
 * @param kept files at most, about; the ones written longest ago go first
 */
export function openStore(folder: string, kept = KEPT): Store {
  const pathOf = (key: string) => join(folder, `${key}.json`);
  return Object.freeze({
    read(key: string): unknown {
      try {
        return JSON.parse(readFileSync(pathOf(key), 'utf8')) as unknown;
      } catch {
        return undefined;
      }
    },
    write(key: string, value: unknown): void {
      try {
        mkdirSync(folder, { recursive: true });
        const part = `${pathOf(key)}.${process.pid}.part`;
        writeFileSync(part, JSON.stringify(value));
        renameSync(part, pathOf(key));
        prune(folder, kept);
      } catch {
        // The next run does the work again.
      }
    },
  });
}

function prune(folder: string, kept: number): void {
  const names = readdirSync(folder);
  if (names.length <= kept * 1.1) return;
  const time = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
  const byAge = names
    .map((name) => ({ name, time: time(name) ?? 0 }))
    .sort((a, b) => b.time - a.time);
  for (const { name } of byAge.slice(kept)) rmSync(join(folder, name), { force: true });
}

/** A key of any values: JSON of plain ones, the bytes of typed arrays. */
export function keyOf(...parts: readonly unknown[]): string {
  const hash = createHash('sha256');
  for (const part of parts) add(hash, part);
  return hash.digest('hex').slice(0, 32);
}

function add(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    hash.update(`bytes ${value.byteLength}:`);
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (value instanceof Map) {
    hash.update(`map ${value.size}:`);
    for (const [key, inner] of value) {
      add(hash, key);
      add(hash, inner);
    }
  } else if (Array.isArray(value)) {
    hash.update(`list ${value.length}:`);
    for (const inner of value) add(hash, inner);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    hash.update(`object ${entries.length}:`);
    for (const [key, inner] of entries) {
      add(hash, key);
      add(hash, inner);
    }
  } else {
    const text = JSON.stringify(value) ?? 'undefined';
    hash.update(`${typeof value} ${text.length}:${text}`);
  }
}

/** The sources below some folders of `src`, by which results of other versions are told apart. */
export function sourcesOf(...folders: readonly string[]): string {
  const texts = folders.flatMap((folder) => {
    const root = new URL(`../${folder}/`, import.meta.url);
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const sources = names.filter((name) => /\.(ts|json)$/.test(name)).sort();
    return sources.map((name) => `${name}\n${readFileSync(new URL(name, root), 'utf8')}`);
  });
  return keyOf(texts);
}
