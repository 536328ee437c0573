import { join } from 'node:path';
import { compileLoaded } from '../../src/compile.ts';
import { DiagnosticsError, formatDiagnostic } from '../../src/diagnostics/index.ts';
import { type OutputFile, writeFolder } from '../../src/emit/index.ts';
import { readManifest } from '../../src/emit/read-manifest.ts';
import { synthesisPassed, synthesize } from '../../src/synth/index.ts';
import { ToolError } from '../../src/tools/index.ts';
import { lint, type SimReport, simulate, simulateIcarus } from '../../src/verify/index.ts';
import { buildGraph } from './build-graph.ts';
import { randomCheckpoint } from './random-checkpoint.ts';
import { type RandomDesignOptions, randomDesign } from './random-design.ts';
import { type RandomTarget, settingsText, tileText } from './random-target.ts';

/** The checks of a design beyond lint and simulation with Verilator. */
export interface Extras {
  readonly synthesis: boolean;
  readonly icarus: boolean;
}

/** What a case is made from. */
export interface CaseOptions extends RandomDesignOptions {
  /** A float model from the design language, or an integer graph of the table family. */
  readonly family: 'float' | 'table';
}

export interface SweepCase {
  readonly index: number;
  readonly shape: string;
  readonly bits: string;
  /** How a float model was quantized. */
  readonly method: string;
  readonly tile: string;
  /** Memory of the weights and kind of multipliers, as they were asked for. */
  readonly settings: string;
  /** Bytes of a frame's weights that come from external memory. */
  readonly streamedBytes: number;
  /** Everything that was drawn, as JSON. */
  readonly design: string;
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

/** Every fourth case is an integer graph; what takes long is small, and Icarus has no memory. */
export function optionsOf(index: number): CaseOptions {
  const { synthesis, icarus } = extrasOf(index);
  const family = index % 4 === 3 ? 'table' : 'float';
  return { family, methods: true, small: synthesis || icarus, onChip: icarus };
}

export interface SweepOptions {
  /** False leaves out the synthesis of the designs that are due for it. */
  readonly synthesis?: boolean | undefined;
  /** Whether Icarus Verilog simulates it too; that of `extrasOf` unless given. */
  readonly icarus?: boolean | undefined;
  readonly options?: CaseOptions | undefined;
}

/**
 * Builds the design of a seed and index into `root` and checks it. What fails is in the result.
 * Throws `ToolError` when a tool is missing or broken: then no result would mean anything.
 */
export async function sweepCase(
  seed: number,
  index: number,
  root: string,
  {
    synthesis = true,
    icarus = extrasOf(index).icarus,
    options = optionsOf(index),
  }: SweepOptions = {},
): Promise<SweepCase> {
  const started = performance.now();
  const drawn = draw(seed, index, options);
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

  const built = await check('build', async () => {
    writeFolder(folder, await drawn.build());
    return [];
  });
  if (built) {
    await check('lint', async () => (await lint(folder)).warnings);
    await check('sim', async () => {
      report = await simulate(folder, { images: FRAMES, stalls: true, seed, trace: false });
      return simulationFailures(report);
    });
    if (synthesis && extrasOf(index).synthesis)
      await check('synth', () => synthesisFailures(folder));
    if (icarus) {
      await check('icarus', async () => {
        const found = await simulateIcarus(folder, { images: FRAMES, seed });
        if (found) return found.ok ? [] : [...found.failures, 'The simulation did not pass.'];
        checks.splice(checks.indexOf('icarus'), 1, 'no-icarus');
        return [];
      });
    }
  }
  return {
    ...{ index, shape: drawn.shape, bits: drawn.bits, checks, failures, design: drawn.design },
    method: drawn.method,
    tile: tileText(drawn.target.tile),
    settings: settingsText(drawn.target),
    streamedBytes: built ? (readManifest(folder).weights?.bytes ?? 0) : 0,
    cyclesPerFrame: report?.cyclesPerFrame ?? 0,
    valuesCompared: report?.valuesCompared ?? 0,
    seconds: (performance.now() - started) / 1000,
    folder,
  };
}

interface Drawn {
  readonly shape: string;
  readonly bits: string;
  readonly method: string;
  readonly target: RandomTarget;
  readonly design: string;
  readonly build: () => Promise<readonly OutputFile[]>;
}

function draw(seed: number, index: number, options: CaseOptions): Drawn {
  if (options.family === 'table') {
    const { graph, target, imageSeed, ...about } = randomCheckpoint(seed, index, options);
    return {
      ...about,
      method: 'checkpoint',
      target,
      design: JSON.stringify({ ...about.options, target, imageSeed }),
      build: async () => buildGraph(graph, target, imageSeed).files,
    };
  }
  const { design, ...about } = randomDesign(seed, index, options);
  return {
    ...about,
    target: design.target,
    design: JSON.stringify(design, (key, value) => (/^places?$/.test(key) ? undefined : value)),
    build: async () => (await compileLoaded({ design, folder: process.cwd() })).files,
  };
}

export function simulationFailures(report: SimReport): readonly string[] {
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
