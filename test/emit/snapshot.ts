import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Text of every file below a folder by its path with forward slashes. */
export function readFolder(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file): [string, string] => [
        path.relative(folder, file).split(path.sep).join('/'),
        readFileSync(file, 'utf8'),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

export function writeSnapshot(folder: string, files: ReadonlyMap<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of files) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}

/** Files that are new, gone or different, with the first lines that differ; empty when all agree. */
export function differences(
  wanted: ReadonlyMap<string, string>,
  got: ReadonlyMap<string, string>,
): string[] {
  const names = [...new Set([...wanted.keys(), ...got.keys()])].sort();
  return names.flatMap((name) => {
    const [before, after] = [wanted.get(name), got.get(name)];
    if (before === after) return [];
    if (before === undefined) return [`${name}: is new`];
    if (after === undefined) return [`${name}: is gone`];
    return [firstDifference(name, before.split('\n'), after.split('\n'))];
  });
}

function firstDifference(name: string, before: readonly string[], after: readonly string[]) {
  const line = before.findIndex((text, i) => text !== after[i]);
  const at = line < 0 ? before.length : line;
  const show = (sign: string, lines: readonly string[]) =>
    lines.slice(at, at + 3).map((text) => `  ${sign} ${text.slice(0, 160)}`);
  return [`${name}:${at + 1}:`, ...show('-', before), ...show('+', after)].join('\n');
}
