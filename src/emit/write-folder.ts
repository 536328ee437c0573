import {
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { DiagnosticsError } from '../diagnostics/index.ts';

export interface OutputFile {
  /** Relative to the output folder, with `/`. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** The file by which an output folder is known as made by Vitrum, so that it may be replaced. */
export const MARKER = 'vitrum.json';

/**
 * Writes an output folder as a whole: into a new folder beside `out` first, which then takes its
 * place. Whatever goes wrong, `out` holds either what it held before or all the new files.
 *
 * Throws `DiagnosticsError`: VT501 when the folder cannot be written, VT502 when `out` holds
 * something that Vitrum did not make. Throws `Error` for a path that leaves the folder or occurs
 * twice, and when the marker is not among the files.
 */
export function writeFolder(out: string, files: readonly OutputFile[]): void {
  checkPaths(files);
  const replaced = existing(out);
  const target = replaced ? realpathSync(out) : resolve(out);
  const besides = (purpose: string) =>
    join(dirname(target), `.${basename(target)}.${process.pid}.${purpose}`);
  const fresh = besides('new');
  const old = besides('old');
  try {
    rmSync(fresh, { recursive: true, force: true });
    for (const file of files) {
      const path = join(fresh, file.path);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file.content);
    }
    if (replaced) renameSync(target, old);
    try {
      renameSync(fresh, target);
    } catch (error) {
      if (replaced) renameSync(old, target);
      throw error;
    }
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    discard(fresh);
    throw asDiagnostic(error, out);
  }
}

/** Whether `out` is a folder already. Throws when it is something that must not be replaced. */
function existing(out: string): boolean {
  let entries: string[];
  try {
    if (!existsSync(out)) return false;
    if (!statSync(out).isDirectory()) throw refusal(out, 'is a file');
    entries = readdirSync(out);
  } catch (error) {
    throw asDiagnostic(error, out);
  }
  if (entries.length > 0 && !entries.includes(MARKER)) {
    throw refusal(out, `holds files that Vitrum did not make (it has no ${MARKER})`);
  }
  return true;
}

function refusal(out: string, reason: string): DiagnosticsError {
  return new DiagnosticsError([
    {
      code: 'VT502',
      message: `the output folder ${out} ${reason} and is not replaced.`,
      hint: 'Give an empty folder, a new one, or one that an earlier build made.',
    },
  ]);
}

function asDiagnostic(error: unknown, out: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof DiagnosticsError || code === undefined) return error;
  return new DiagnosticsError([
    {
      code: 'VT501',
      message: `the output folder ${out} cannot be written (${code}).`,
      hint: 'Give a folder that you may write to with --out.',
    },
  ]);
}

function discard(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The first error is the one to report.
  }
}

function checkPaths(files: readonly OutputFile[]): void {
  const seen = new Set<string>();
  for (const { path } of files) {
    if (isAbsolute(path) || normalize(path).startsWith('..') || normalize(path) !== path) {
      throw new Error(`the output path ${path} is not a plain path inside the folder`);
    }
    if (seen.has(path)) throw new Error(`the output path ${path} occurs twice`);
    seen.add(path);
  }
  if (!seen.has(MARKER)) throw new Error(`the output has no ${MARKER}`);
}
