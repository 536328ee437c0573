import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { percent, table, thousands } from '../src/cli/text.ts';
import { readManifest } from '../src/emit/read-manifest.ts';
import { synthesize } from '../src/synth/index.ts';
import { runTool } from '../src/tools/index.ts';
import { DEIT_TINY_SIZE } from './support/golden-subjects.ts';
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
  /** Threads that it may use; short work stays on one. */
  readonly workers: number;
  readonly seconds: number;
  /** Of all threads together; what counts when others use the machine as well. */
  readonly cpuSeconds: number;
  readonly peakMB: number;
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const DESIGN = path('../examples/mnist/mnist.vit.ts');
/** Frames of DeiT-tiny's size for the golden model: enough to keep all cores busy for a while. */
const LARGE_FRAMES = 32;

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
    const golden = {
      mnist: await measureGolden(folder, options.images),
      [DEIT_TINY_SIZE]: await measureGolden(DEIT_TINY_SIZE, LARGE_FRAMES),
    };
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', node: process.versions.node };
    return {
      text: describe(build, sim, golden, estimate, machine),
      json: { design: 'mnist', machine, build, sim, golden, estimate },
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** On one core, and on all of them when there are more. */
async function measureGolden(source: string, images: number): Promise<GoldenFigures[]> {
  const figures: GoldenFigures[] = [];
  for (const workers of new Set([1, availableParallelism()])) {
    figures.push(await measure('golden', source, String(images), String(workers)));
  }
  return figures;
}

async function measure<T>(...args: readonly string[]): Promise<T> {
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
  golden: Readonly<Record<string, readonly GoldenFigures[]>>,
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
    ...Object.entries(golden).flatMap(([name, figures]) => [
      [`golden model, ${name}`, `${figures[0]?.images ?? 0} images`],
      ...figures.map(({ images, workers, seconds: s, cpuSeconds, peakMB }) => {
        const ms = (time: number) => `${((1000 * time) / images).toFixed(1)} ms`;
        return [
          workers === 1 ? '  on one core' : `  on up to ${workers} cores`,
          `${ms(s)} per image, ${ms(cpuSeconds)} of processor time, peak memory ${mb(peakMB)}`,
        ];
      }),
    ]),
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
