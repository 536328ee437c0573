import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { engine } from '../../src/cli/engine.ts';
import { main } from '../../src/cli/main.ts';
import type { Diagnostic } from '../../src/diagnostics/index.ts';

const root = mkdtempSync(path.join(tmpdir(), 'vitrum-bad-input-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

/** A new folder with these files; gives its path. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = path.join(root, `case${folders++}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** The real command line with the real engine; `--json` is added. */
export async function vitrum(...args: readonly string[]): Promise<Answer> {
  let stdout = '';
  let stderr = '';
  const code = await main([...args, '--json'], engine, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    env: {},
  });
  const { diagnostics = [] } = JSON.parse(stdout) as { diagnostics?: Diagnostic[] };
  return { code, stdout, stderr, diagnostics };
}

/** Every file below a folder with its content, to see that nothing was changed or left. */
export function contents(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.map((entry) => {
    const full = path.join(entry.parentPath, entry.name);
    const text = entry.isFile() ? readFileSync(full, 'latin1') : '(folder)';
    return [path.relative(folder, full), text] as const;
  });
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}
