import { join } from 'node:path';
import { compileLoaded } from '../../src/compile.ts';
import { DiagnosticsError, formatDiagnostic } from '../../src/diagnostics/index.ts';
import { writeFolder } from '../../src/emit/index.ts';
import { readManifest } from '../../src/emit/read-manifest.ts';
import { synthesisPassed, synthesize } from '../../src/synth/index.ts';
import { ToolError } from '../../src/tools/index.ts';
import { lint, type SimReport, simulate, simulateIcarus } from '../../src/verify/index.ts';
import { type RandomDesign, randomDesign } from './random-design.ts';

/** The checks of a design beyond lint and simulation with Verilator. */
export interface Extras {
  readonly synthesis: boolean;
  readonly icarus: boolean;
}

export interface SweepCase {
  readonly index: number;
  readonly shape: string;
  readonly bits: string;
  readonly method: string;
  readonly tile: string;
  /** Checks that were made: `lint sim synth icarus`. */
  readonly checks: readonly string[];
  readonly cyclesPerFrame: number;
  readonly valuesCompared: number;
  readonly seconds: number;
  /** One sentence each; none means the design passed. */
  readonly failures: readonly string[];
  readonly folder: string;
}

const FRAMES = 3;

/**
 * One design in five is synthesized, another one runs in Icarus Verilog as well. Both are small,
 * because Yosys takes a minute for the smallest, and Icarus is some hundred times slower than
 * Verilator.
 */
export function extrasOf(index: number): Extras {
  return { synthesis: index % 5 === 2, icarus: index % 5 === 4 };
}

/**
 * Builds the design of a seed and index into `root` and checks it. What fails is in the result.
 * Throws `ToolError` when a tool is missing or broken: then no result would mean anything.
 */
export async function sweepCase(
  seed: number,
  index: number,
  root: string,
  extras: Extras = extrasOf(index),
): Promise<SweepCase> {
  const started = performance.now();
  const random = randomDesign(seed, index, {
    small: extras.synthesis || extras.icarus,
    methods: true,
  });
  const folder = join(root, `random${index}`);
  const checks: string[] = [];
  const failures: string[] = [];
  let report: SimReport | undefined;
  /** A check that throws has failed; a missing tool is another matter. */
  const check = async (name: string, work: () => Promise<readonly string[]>): Promise<boolean> => {
    checks.push(name);
    try {
      const found = await work();
      failures.push(...found.map((text) => `${name}: ${text}`));
      return found.length === 0;
    } catch (error) {
      if (error instanceof ToolError) throw error;
      failures.push(`${name}: ${describeError(error)}`);
      return false;
    }
  };

  const built = await check('build', () => build(random, folder));
  if (built) {
    await check('lint', async () => (await lint(folder)).warnings);
    await check('sim', async () => {
      report = await simulate(folder, { images: FRAMES, stalls: true, seed, trace: false });
      return simulationFailures(report);
    });
    if (extras.synthesis) await check('synth', () => synthesisFailures(folder));
    if (extras.icarus) {
      await check('icarus', async () => {
        const found = await simulateIcarus(folder, { images: FRAMES, seed });
        if (found) return found.ok ? [] : [...found.failures, 'The simulation did not pass.'];
        checks.splice(checks.indexOf('icarus'), 1, 'no-icarus');
        return [];
      });
    }
  }
  return {
    ...{ index, shape: random.shape, bits: random.bits, method: random.method },
    ...{ tile: random.tile, checks, failures },
    cyclesPerFrame: report?.cyclesPerFrame ?? 0,
    valuesCompared: report?.valuesCompared ?? 0,
    seconds: (performance.now() - started) / 1000,
    folder,
  };
}

async function build({ design }: RandomDesign, folder: string): Promise<readonly string[]> {
  const { files } = await compileLoaded({ design, folder: process.cwd() });
  writeFolder(folder, files);
  return [];
}

function simulationFailures(report: SimReport): readonly string[] {
  const failures = [...report.failures];
  if (report.first) {
    const { operation, head, token, channel, frame, cycle, expected, got } = report.first;
    const at = head === null ? '' : ` head ${head}`;
    failures.push(
      `${report.mismatches} of ${report.valuesCompared} values differ; the first is ${operation}${at} token ${token} channel ${channel} of frame ${frame} in cycle ${cycle}: ${got} instead of ${expected}.`,
    );
  }
  if (report.cyclesPerFrame !== report.predictedCyclesPerFrame) {
    failures.push(
      `${report.cyclesPerFrame} cycles a frame were counted, ${report.predictedCyclesPerFrame} predicted.`,
    );
  }
  if (!report.ok && failures.length === 0) failures.push('The simulation did not pass.');
  return failures;
}

async function synthesisFailures(folder: string): Promise<readonly string[]> {
  const { top, files, family } = readManifest(folder);
  const report = await synthesize({ folder, files: files.verilog, top, family });
  if (synthesisPassed(report)) return [];
  const latches = report.latches > 0 ? [`${report.latches} latches.`] : [];
  return [...latches, ...report.faults];
}

function describeError(error: unknown): string {
  if (error instanceof DiagnosticsError) return error.diagnostics.map(formatDiagnostic).join(' ');
  if (!(error instanceof Error)) return String(error);
  return (error.stack ?? error.message).split('\n').slice(0, 3).join(' ');
}
