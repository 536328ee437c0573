import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Entries of each kind that are kept; the ones used longest ago go first. */
const KEPT = 48;
/** Unfinished work of this age was left behind by a process that was ended. */
const ABANDONED_MS = 6 * 60 * 60 * 1000;
const SCRATCH = 'scratch-';

/** Where compiled benches are kept: beside the npm packages, or in the home folder. */
export function cacheFolder(): string {
  const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
  for (const base of [join(modules, '.cache'), join(homedir(), '.cache')]) {
    try {
      if (base.startsWith(modules) && !existsSync(modules)) continue;
      const folder = join(base, 'vitrum');
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // The next place may be writable.
    }
  }
  throw new Error('no folder for compiled benches can be written');
}

/** The folder of a cache entry, or undefined when there is none. */
export function cached(folder: string, key: string): string | undefined {
  const path = join(folder, key);
  if (!existsSync(path)) return undefined;
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Only the order of removal suffers.
  }
  return path;
}

/**
 * Copies a finished folder into the cache, so that it appears there as a whole. Another process may
 * have been faster; then its entry stays.
 */
export function keep(folder: string, key: string, made: string): string {
  const path = join(folder, key);
  const copy = mkdtempSync(join(folder, SCRATCH));
  try {
    cpSync(made, copy, { recursive: true });
    renameSync(copy, path);
  } catch (error) {
    rmSync(copy, { recursive: true, force: true });
    if (!existsSync(path)) throw error;
  }
  prune(folder, key.slice(0, key.indexOf('-') + 1));
  return path;
}

/** Removes what was used longest ago, and what was left unfinished. */
function prune(folder: string, kind: string): void {
  const entries = readdirSync(folder)
    .map((name) => ({ name, time: lastUse(join(folder, name)) }))
    .sort((a, b) => b.time - a.time);
  const old = entries.filter(({ name }) => name.startsWith(kind)).slice(KEPT);
  const abandoned = entries.filter(
    ({ name, time }) => name.startsWith(SCRATCH) && Date.now() - time > ABANDONED_MS,
  );
  for (const { name } of [...old, ...abandoned]) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function lastUse(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
