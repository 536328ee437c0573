import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  MINIMUM_YOSYS,
  nativeYosysVersion,
  npmYosysVersion,
  runTool,
  ToolError,
  versionState,
} from '../tools/index.ts';
import { type Messages, readMessages } from './messages.ts';
import { PACKAGED_RESULT } from './script.ts';

/** The Yosys to run. */
export interface Yosys {
  readonly native: boolean;
  /** Name and version, `Yosys 0.55 (npm)`. */
  readonly name: string;
}

export interface YosysRun {
  /** Yosys runs here, so paths in sources and script are relative to it. */
  readonly folder: string;
  /** Every file that Yosys reads, relative to the folder. */
  readonly files: readonly string[];
  /** The script that writes the file `result`. */
  readonly script: (result: string) => string;
}

export interface YosysResult {
  readonly messages: Messages;
  /** What the script wrote; absent when Yosys rejected its input. */
  readonly result?: string | undefined;
  readonly seconds: number;
}

const TIMEOUT_MS = 60 * 60 * 1000;

/**
 * @param native `true`: only a Yosys on the PATH; `false`: only the one from npm; absent: native
 *     when new enough
 *
 * Throws `ToolError` when it is missing.
 */
export async function chooseYosys(native?: boolean): Promise<Yosys> {
  if (native !== false) {
    const version = await nativeYosysVersion();
    const state = versionState(version, MINIMUM_YOSYS);
    if (state === 'ok') return { native: true, name: `Yosys ${version}` };
    if (native === true) {
      throw new ToolError({
        code: state === 'missing' ? 'VT601' : 'VT602',
        message:
          state === 'missing'
            ? 'there is no Yosys on the PATH.'
            : `the Yosys on the PATH is ${version}, older than ${MINIMUM_YOSYS}.`,
        hint: 'Leave out --native: the Yosys of the npm packages needs no installation.',
      });
    }
  }
  const version = npmYosysVersion();
  if (version === undefined) {
    throw new ToolError({
      code: 'VT601',
      message: 'the npm package @yowasp/yosys is not installed.',
      hint: 'Install it with: npm ci',
    });
  }
  return { native: false, name: `Yosys ${version} (npm)` };
}

/** Runs a script in a process of its own. Throws `ToolError` when Yosys breaks down. */
export async function runYosys(
  yosys: Yosys,
  { folder, files, script }: YosysRun,
): Promise<YosysResult> {
  const scratch = await mkdtemp(join(tmpdir(), 'vitrum-yosys-'));
  try {
    const scriptFile = join(scratch, 'script.ys');
    const resultFile = join(scratch, 'result');
    await writeFile(scriptFile, script(yosys.native ? resultFile : PACKAGED_RESULT));
    const run = await runTool({
      ...(yosys.native
        ? { tool: 'yosys', args: ['-Q', '-T', '-s', scriptFile] }
        : packaged(scriptFile, resultFile, files)),
      cwd: folder,
      timeoutMs: TIMEOUT_MS,
    });
    const output = `${run.stdout}\n${run.stderr}`;
    const messages = readMessages(output);
    if (run.exitCode === 0) {
      return { messages, seconds: run.seconds, result: await readFile(resultFile, 'utf8') };
    }
    if (messages.error !== undefined) return { messages, seconds: run.seconds };
    throw new ToolError({
      code: 'VT605',
      message: `${yosys.name} ended with code ${run.exitCode}: ${output.trim().split('\n').at(-1) ?? ''}`,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function packaged(scriptFile: string, resultFile: string, files: readonly string[]) {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL('./npm-yosys.ts', import.meta.url));
  const args = ['--import', tsx, program, scriptFile, resultFile, ...files];
  return { tool: process.execPath, args };
}
