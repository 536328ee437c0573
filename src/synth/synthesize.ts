import { existsSync } from 'node:fs';
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
  type ToolResult,
  versionState,
} from '../tools/index.ts';
import { NOTHING } from './cells.ts';
import { referencedFiles } from './inputs.ts';
import { readMessages } from './messages.ts';
import type { SynthReport } from './report.ts';
import { PACKAGED_STATISTICS, synthesisScript, type YosysFamily } from './script.ts';
import { countResources } from './statistics.ts';

export interface SynthOptions {
  /** Folder of the sources; Yosys runs in it, so `$readmemh` paths are relative to it. */
  readonly folder: string;
  /** Verilog sources, relative to the folder. */
  readonly files: readonly string[];
  readonly top: string;
  readonly family: 'xcup' | 'xc7' | 'ecp5' | 'ice40';
  /** `true`: only a Yosys on the PATH; `false`: only the one from npm; absent: native when new enough. */
  readonly native?: boolean | undefined;
  /** Dissolve the hierarchy, as in published figures. Without it the numbers come by module. */
  readonly flatten?: boolean | undefined;
  /** The device has UltraRAM, and the design uses it. */
  readonly ultraRam?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
  readonly logFile?: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 60 * 60 * 1000;

/**
 * Synthesizes with Yosys and counts resources as UltraScale+ primitives (also for ECP5 and iCE40,
 * so that designs can be compared). Faults of the design, sources that Yosys rejects among them, are
 * in the report, see `synthesisPassed`.
 *
 * Throws `ToolError` when Yosys is missing or breaks down, and `Error` when a source does not exist.
 */
export async function synthesize(options: SynthOptions): Promise<SynthReport> {
  const { folder, files, top, family } = options;
  for (const file of files) {
    if (!existsSync(join(folder, file))) throw new Error(`there is no ${file} to synthesize`);
  }
  const yosys = await chooseYosys(options.native);
  const scratch = await mkdtemp(join(tmpdir(), 'vitrum-synth-'));
  try {
    const statisticsFile = join(scratch, 'statistics.json');
    const scriptFile = join(scratch, 'script.ys');
    const script = synthesisScript({
      files,
      top,
      family: yosysFamily(family),
      flatten: options.flatten ?? false,
      ultraRam: options.ultraRam ?? false,
      statistics: yosys.native ? statisticsFile : PACKAGED_STATISTICS,
    });
    await writeFile(scriptFile, script);
    const run = await (yosys.native ? runNative : runPackaged)({
      ...options,
      scriptFile,
      statisticsFile,
    });
    const { warnings, faults, error } = readMessages(`${run.stdout}\n${run.stderr}`);
    const about = { tool: yosys.name, top, family: yosysFamily(family), seconds: run.seconds };
    if (run.exitCode !== 0) {
      if (error !== undefined) return rejected(about, warnings, [...faults, error]);
      throw new ToolError({
        code: 'VT605',
        message: `${yosys.name} ended with code ${run.exitCode}: ${lastLine(run)}`,
      });
    }
    const counted = countResources(await readFile(statisticsFile, 'utf8'), top);
    const unknown = counted.unknownCells.map((type) => `Cells of type ${type} are not counted.`);
    return {
      ...about,
      ...counted.whole,
      modules: counted.modules,
      warnings: [...warnings, ...unknown],
      faults,
      latches: counted.latches,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The report on sources that Yosys does not accept. */
function rejected(
  about: Pick<SynthReport, 'tool' | 'top' | 'family' | 'seconds'>,
  warnings: readonly string[],
  faults: readonly string[],
): SynthReport {
  return { ...about, ...NOTHING, modules: [], warnings, faults, latches: 0 };
}

interface YosysRun extends SynthOptions {
  readonly scriptFile: string;
  readonly statisticsFile: string;
}

function runNative(run: YosysRun): Promise<ToolResult> {
  return runTool({
    tool: 'yosys',
    args: ['-Q', '-T', '-s', run.scriptFile],
    cwd: run.folder,
    timeoutMs: run.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(run.logFile === undefined ? {} : { logFile: run.logFile }),
  });
}

function runPackaged(run: YosysRun): Promise<ToolResult> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL('./npm-yosys.ts', import.meta.url));
  const inputs = [...run.files, ...referencedFiles(run.folder, run.files)];
  return runTool({
    tool: process.execPath,
    args: ['--import', tsx, program, run.scriptFile, run.statisticsFile, ...inputs],
    cwd: run.folder,
    timeoutMs: run.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(run.logFile === undefined ? {} : { logFile: run.logFile }),
  });
}

/** Yosys maps the open families to other cells; counted on them, figures could not be compared. */
function yosysFamily(family: SynthOptions['family']): YosysFamily {
  return family === 'xc7' ? 'xc7' : 'xcup';
}

async function chooseYosys(
  native: boolean | undefined,
): Promise<{ native: boolean; name: string }> {
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

function lastLine(run: ToolResult): string {
  return `${run.stdout}\n${run.stderr}`.trim().split('\n').at(-1) ?? '';
}
