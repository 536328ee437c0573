import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { percent, table, thousands } from '../src/cli/text.ts';
import { readManifest } from '../src/emit/read-manifest.ts';
import { synthesize } from '../src/synth/index.ts';
import { runTool } from '../src/tools/index.ts';
import type { Measured } from './support/measured.ts';

export interface ToolsOptions {
  readonly frames: number;
  readonly images: number;
  readonly synth: boolean;
}

interface BuildFigures {
  readonly seconds: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly files: number;
  readonly peakMB: number;
}

interface SimFigures {
  readonly simulator: string;
  readonly frames: number;
  readonly cyclesPerFrame: number;
  readonly predictedCyclesPerFrame: number;
  readonly valuesCompared: number;
  readonly compileSeconds: number;
  readonly runSeconds: number;
  readonly benchPeakMB: number;
  readonly peakMB: number;
}

interface GoldenFigures {
  readonly images: number;
  readonly seconds: number;
  readonly peakMB: number;
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const DESIGN = path('../examples/mnist/mnist.vit.ts');

/** Time and memory of build, simulation and golden model for the MNIST design. */
export async function measureTools(options: ToolsOptions): Promise<Measured> {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-bench-'));
  try {
    const folder = join(root, 'mnist');
    const build = await measure<BuildFigures>('build', DESIGN, folder);
    const estimate = options.synth ? await estimatorError(folder) : null;
    // Sources that were never compiled: otherwise the bench comes from the cache.
    const { top } = readManifest(folder);
    appendFileSync(join(folder, 'rtl', `${top}.v`), `// measured ${process.pid} ${Date.now()}\n`);
    const sim = await measure<SimFigures>('sim', folder, String(options.frames));
    const golden = await measure<GoldenFigures>('golden', folder, String(options.images));
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', node: process.versions.node };
    return {
      text: describe(build, sim, golden, estimate, machine),
      json: { design: 'mnist', machine, build, sim, golden, estimate },
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function measure<T>(...args: readonly [string, string, string]): Promise<T> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const run = await runTool({
    tool: process.execPath,
    args: ['--import', tsx, path('./measure.ts'), ...args],
  });
  if (run.exitCode !== 0) throw new Error(`the measurement ${args[0]} failed: ${run.stderr}`);
  return JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}

interface Compared {
  readonly predicted: number;
  readonly synthesized: number;
  /** `predicted / synthesized` */
  readonly ratio: number;
}

interface EstimatorError {
  readonly tool: string;
  readonly seconds: number;
  readonly lut: Compared;
  readonly dsp: Compared;
  readonly bram36: Compared;
}

/** The planner's estimate beside what Yosys uses; LUTs of memories count as LUTs. */
async function estimatorError(folder: string): Promise<EstimatorError> {
  const { files, top, family, predicted } = readManifest(folder);
  const report = await synthesize({ folder, files: files.verilog, top, family });
  const compare = (p: number, s: number): Compared => ({
    predicted: p,
    synthesized: s,
    ratio: p / s,
  });
  return {
    tool: report.tool,
    seconds: report.seconds,
    lut: compare(predicted.lut, report.lut + report.lutram),
    dsp: compare(predicted.dsp, report.dsp),
    bram36: compare(predicted.bram36, report.bram36),
  };
}

function describe(
  build: BuildFigures,
  sim: SimFigures,
  golden: GoldenFigures,
  estimate: EstimatorError | null,
  machine: { readonly cpu: string; readonly node: string },
): string {
  const seconds = (s: number) => `${s.toFixed(1)} s`;
  const mb = (n: number) => (n > 0 ? `${n.toFixed(0)} MB` : 'unknown');
  const cycles = sim.frames * sim.cyclesPerFrame;
  const rows: string[][] = [
    ['build', `${seconds(build.seconds)}, ${build.files} files`],
    ...Object.entries(build.steps).map(([name, s]) => [
      `  ${name}`,
      `${seconds(s)}, ${percent(s / build.seconds)}`,
    ]),
    ['  peak memory', mb(build.peakMB)],
    ['compile the bench, not in the cache', `${seconds(sim.compileSeconds)} (${sim.simulator})`],
    ['simulate', `${sim.frames} frames in ${seconds(sim.runSeconds)}`],
    ['  frames per second', (sim.frames / sim.runSeconds).toFixed(1)],
    ['  cycles per second', thousands(Math.round(cycles / sim.runSeconds))],
    ['  cycles per frame', `${sim.cyclesPerFrame}, predicted ${sim.predictedCyclesPerFrame}`],
    ['  values compared', thousands(sim.valuesCompared)],
    ['  peak memory', `${mb(sim.peakMB)}, of the bench ${mb(sim.benchPeakMB)}`],
    ['golden model', `${golden.images} images in ${seconds(golden.seconds)}, one core`],
    ['  images per second', (golden.images / golden.seconds).toFixed(1)],
    ['  peak memory', mb(golden.peakMB)],
  ];
  if (estimate) {
    rows.push(['synthesis', `${seconds(estimate.seconds)} (${estimate.tool})`]);
    for (const [name, key] of [
      ['LUT', 'lut'],
      ['DSP', 'dsp'],
      ['BRAM36', 'bram36'],
    ] as const) {
      const { predicted, synthesized, ratio } = estimate[key];
      rows.push([`  ${name}`, `${synthesized}, estimated ${predicted}: ${ratio.toFixed(2)} of it`]);
    }
  }
  return `mnist, measured on ${machine.cpu}, Node ${machine.node}\n${table(rows)}`;
}
