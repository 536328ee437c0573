import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { systemTools, type Tool } from './catalog.ts';
import { runTool } from './run.ts';
import { ToolError } from './tool-error.ts';

/** Older ones know neither `stat -json` per module nor the UltraScale+ memories well. */
export const MINIMUM_YOSYS = '0.33';

export interface Detected {
  readonly name: string;
  readonly title: string;
  /** Absent when the tool is missing, or present but of a version that cannot be read. */
  readonly version?: string | undefined;
  readonly minimum: string;
  readonly state: 'ok' | 'too old' | 'missing';
  readonly neededBy: readonly ('sim' | 'synth')[];
  readonly gives: string;
  /** How to get it, where it is missing or too old. */
  readonly install?: string | undefined;
}

/** Numeric comparison, part by part: `5.006` is 5.6, `5.10` is newer than `5.006`. */
export function compareVersions(a: string, b: string): number {
  const x = a.split('.').map(Number);
  const y = b.split('.').map(Number);
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** The version that a program prints, `unknown` when it prints something else, absent when missing. */
export async function programVersion(
  tool: Pick<Tool, 'command' | 'versionArgs' | 'versionPattern'>,
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await runTool({
      tool: tool.command,
      args: tool.versionArgs,
      timeoutMs: 20_000,
    });
    return new RegExp(tool.versionPattern).exec(`${stdout}\n${stderr}`)?.[1] ?? 'unknown';
  } catch (error) {
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}

/** Version of a Yosys on the PATH. */
export function nativeYosysVersion(): Promise<string | undefined> {
  return programVersion({
    command: 'yosys',
    versionArgs: ['-V'],
    versionPattern: 'Yosys (\\d+\\.\\d+)',
  });
}

/** Version of the Yosys in the npm packages, read without starting it. */
export function npmYosysVersion(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve('@yowasp/yosys');
    const manifest: unknown = JSON.parse(
      readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8'),
    );
    const version = (manifest as { version?: unknown }).version;
    // The third part counts packagings of one Yosys version.
    return typeof version === 'string' ? version.split('.').slice(0, 2).join('.') : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a version that was found is enough. An unreadable version gets the benefit of the doubt. */
export function versionState(version: string | undefined, minimum: string): Detected['state'] {
  if (version === undefined) return 'missing';
  if (version !== 'unknown' && compareVersions(version, minimum) < 0) return 'too old';
  return 'ok';
}

/** Every tool that Vitrum can use, with what was found of it. */
export async function detectTools(installFor: (tool: Tool) => string): Promise<Detected[]> {
  const system = systemTools.map(async (tool): Promise<Detected> => {
    const version = await programVersion(tool);
    const state = versionState(version, tool.minimum);
    const { name, title, minimum, neededBy, gives } = tool;
    const install = state === 'ok' ? undefined : installFor(tool);
    return { name, title, version, minimum, state, neededBy, gives, install };
  });
  const node: Detected = {
    name: 'node',
    title: 'Node.js',
    version: process.versions.node,
    minimum: '20.0',
    state: versionState(process.versions.node, '20.0'),
    neededBy: ['sim', 'synth'],
    gives: 'everything: Vitrum runs on it',
  };
  const npmYosys = npmYosysVersion();
  const packaged: Detected = {
    name: 'yosys (npm)',
    title: 'Yosys from npm',
    version: npmYosys,
    minimum: MINIMUM_YOSYS,
    state: versionState(npmYosys, MINIMUM_YOSYS),
    neededBy: ['synth'],
    gives: 'LUT, FF, DSP and block RAM counts, with nothing to install',
    install: npmYosys === undefined ? 'npm ci' : undefined,
  };
  const nativeVersion = await nativeYosysVersion();
  const native: Detected = {
    name: 'yosys',
    title: 'Yosys, native',
    version: nativeVersion,
    minimum: MINIMUM_YOSYS,
    state: versionState(nativeVersion, MINIMUM_YOSYS),
    neededBy: [],
    gives: 'the same counts several times faster than the one from npm',
  };
  return [node, ...(await Promise.all(system)), packaged, native];
}
