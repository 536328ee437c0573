import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { execa } from 'execa';
import { installHint } from './catalog.ts';
import { ToolError } from './tool-error.ts';

export interface ToolRun {
  /** Command name on the PATH, or a path to a program. */
  readonly tool: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The tool is ended after this time; absent means no limit. */
  readonly timeoutMs?: number;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command line and all output are kept here, also when the tool fails. */
  readonly logFile?: string;
}

export interface ToolResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly seconds: number;
}

/** Verilator and Yosys can print a lot; beyond this the run counts as broken. */
const MAX_OUTPUT_CHARACTERS = 512 * 1024 * 1024;

/**
 * Runs an external tool to its end. This is the only place where Vitrum starts programs. A
 * non-zero exit code is returned, not thrown: what it means is the caller's knowledge.
 *
 * Throws `ToolError` when the program is missing, cannot be started, exceeds `timeoutMs` or is
 * ended by a signal.
 */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  const { tool, args, cwd, timeoutMs, env, logFile } = run;
  if (cwd !== undefined && !existsSync(cwd)) {
    // Without this check a missing folder looks the same as a missing program.
    throw new Error(`cannot run ${tool}: the folder ${cwd} does not exist`);
  }
  const started = performance.now();
  const result = await execa(tool, args, {
    reject: false,
    stdin: 'ignore',
    maxBuffer: MAX_OUTPUT_CHARACTERS,
    // Messages are parsed, so they must not be translated.
    env: { LC_ALL: 'C', ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  const seconds = (performance.now() - started) / 1000;
  if (logFile !== undefined) {
    await mkdir(dirname(logFile), { recursive: true });
    const commandLine = [basename(tool), ...args].join(' ');
    await writeFile(logFile, `$ ${commandLine}\n${result.stdout}\n${result.stderr}\n`);
  }
  const name = basename(tool);
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw new ToolError({
      code: 'VT601',
      message: `${name} is not installed or not on the PATH.`,
      hint: installHint(name),
    });
  }
  if (result.timedOut) {
    throw new ToolError({
      code: 'VT603',
      message: `${name} did not end within ${(timeoutMs ?? 0) / 1000} s.`,
      hint: logFile === undefined ? undefined : `Its output is in ${basename(logFile)}.`,
    });
  }
  if (result.exitCode === undefined) {
    throw new ToolError({
      code: 'VT604',
      message: `${name} was ended by ${result.signal ?? result.code ?? 'an unknown cause'}.`,
      hint: lastLines(result.stderr, 3),
    });
  }
  return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode, seconds };
}

function lastLines(text: string, count: number): string | undefined {
  const tail = text.trim().split('\n').slice(-count).join('\n');
  return tail === '' ? undefined : tail;
}
