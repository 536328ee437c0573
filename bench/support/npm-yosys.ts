import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Messages, readMessages } from '../../src/synth/messages.ts';
import { PACKAGED_STATISTICS } from '../../src/synth/script.ts';
import { npmYosysVersion, runTool } from '../../src/tools/index.ts';

/** The file that a script writes and that comes back; the worker knows it under this name. */
export const RESULT = PACKAGED_STATISTICS;

/** The Yosys that package-lock.json pins, so that figures are the same on every machine. */
export function yosysName(): string {
  const version = npmYosysVersion();
  if (version === undefined) throw new Error('the npm package @yowasp/yosys is not installed');
  return `Yosys ${version} (npm)`;
}

export interface YosysRun {
  /** Must write `RESULT`. */
  readonly script: string;
  /** Files that the script reads lie here. */
  readonly folder: string;
  /** Relative to the folder, and the same for the script. */
  readonly files: readonly string[];
}

export interface YosysResult {
  readonly text: string;
  readonly messages: Messages;
  readonly seconds: number;
}

/** Runs a script in a process of its own. Throws `Error` when Yosys rejects its input. */
export async function runNpmYosys({ script, folder, files }: YosysRun): Promise<YosysResult> {
  const scratch = mkdtempSync(join(tmpdir(), 'vitrum-yosys-'));
  try {
    const scriptFile = join(scratch, 'script.ys');
    const resultFile = join(scratch, 'result');
    writeFileSync(scriptFile, script);
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const worker = fileURLToPath(new URL('../../src/synth/npm-yosys.ts', import.meta.url));
    const run = await runTool({
      tool: process.execPath,
      args: ['--import', tsx, worker, scriptFile, resultFile, ...files],
      cwd: folder,
    });
    const messages = readMessages(`${run.stdout}\n${run.stderr}`);
    if (run.exitCode !== 0) {
      const last = `${run.stdout}\n${run.stderr}`.trim().split('\n').at(-1) ?? '';
      throw new Error(messages.error ?? last);
    }
    return { text: readFileSync(resultFile, 'utf8'), messages, seconds: run.seconds };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
