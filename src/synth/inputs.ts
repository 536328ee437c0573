import { readFileSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';

/**
 * Files that the Verilog sources name in string literals and that exist in the folder: the memory
 * contents of `$readmemh`, also where the name reaches it through a parameter.
 */
export function referencedFiles(folder: string, sources: readonly string[]): string[] {
  const found = new Set<string>();
  for (const source of sources) {
    const text = readFileSync(join(folder, source), 'utf8');
    for (const match of text.matchAll(/"([^"\\\n]+\.[A-Za-z0-9]+)"/g)) {
      const path = match[1];
      if (path !== undefined && !leavesFolder(path) && isFile(join(folder, path))) found.add(path);
    }
  }
  return [...found].sort();
}

function leavesFolder(path: string): boolean {
  return path.startsWith('/') || normalize(path).startsWith('..');
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
