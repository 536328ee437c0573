import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../emit/manifest.ts';
import type { RunStep } from '../tools/index.ts';
import { type Bench, buildBench } from './build-bench.ts';
import { runFailures, timingFailures } from './judge.ts';
import { locate, type OperationLayout } from './layout.ts';
import { type RunSettings, type TraceWindow, writeVectors } from './plan-file.ts';
import type { FirstMismatch, SimulateOptions } from './report.ts';
import { type BenchResult, runBench } from './run-bench.ts';
import { planRuns } from './runs.ts';
import type { FrameVectors } from './vectors.ts';

/** A build folder, what its operations are and what they have to show. */
export interface Subject {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly layouts: readonly OperationLayout[];
  /** One entry per image. */
  readonly vectors: readonly FrameVectors[];
}

export interface DesignCheck {
  /** Without stalls first; empty when Verilator does not take the sources. */
  readonly runs: readonly BenchResult[];
  readonly failures: readonly string[];
  readonly first: FirstMismatch | null;
  readonly trace: string | null;
  readonly verilator: string;
  readonly seconds: { readonly compile: number; readonly run: number };
}

/** Cycles of a waveform before and after the first difference. */
const BEFORE = 200;
const AFTER = 50;
const TRACED_FRAMES = 2;
/** Relative to the build folder, in which the bench runs. */
const MISMATCH_TRACE = 'trace/first-mismatch.fst';
const WHOLE_TRACE = 'trace/run.fst';

/** Runs the RTL of a build folder on vectors and compares. See `simulate` for what it throws. */
export async function checkDesign(
  subject: Subject,
  options: Pick<SimulateOptions, 'stalls' | 'seed' | 'trace' | 'traceMismatch'>,
  step: RunStep,
): Promise<DesignCheck> {
  const { folder, manifest, vectors } = subject;
  const started = performance.now();
  const bench = await step('compile the bench', () => buildBench(folder, manifest, options.trace));
  const compile = (performance.now() - started) / 1000;
  const { verilator } = bench;
  if ('rejected' in bench) {
    return {
      ...{ runs: [], first: null, trace: null, verilator, seconds: { compile, run: 0 } },
      failures: bench.rejected.slice(0, 5),
    };
  }
  const scratch = mkdtempSync(join(tmpdir(), 'vitrum-sim-'));
  try {
    writeVectors(scratch, vectors);
    const run = (b: Bench, settings: RunSettings) =>
      runBench(b.program, folder, manifest, { folder: scratch, images: vectors.length }, settings);
    const plans = planRuns(manifest, { ...options, images: vectors.length });
    const runs: BenchResult[] = [];
    let trace: string | null = null;
    for (const settings of plans) {
      const last = settings === plans.at(-1);
      const window = options.trace && last ? wholeTrace(folder, settings) : undefined;
      const name = settings.stalls ? 'simulate with stalls' : 'simulate';
      const result = await step(name, () => run(bench, { ...settings, trace: window }), detail);
      if (window && result.traced) trace = WHOLE_TRACE;
      runs.push(result);
    }
    const found = firstDifference(plans, runs);
    const waveform =
      found !== undefined &&
      options.traceMismatch !== false &&
      (await traceDifference(subject, found, run));
    const first = found ? nameDifference(subject, found.difference, waveform) : null;
    return {
      ...{ runs, first, trace, verilator },
      failures: [
        ...new Set([
          ...runs.flatMap((result) => runFailures(result, manifest)),
          ...runs.slice(0, 1).flatMap((result) => timingFailures(result, manifest)),
        ]),
      ],
      seconds: { compile, run: runs.reduce((sum, { seconds }) => sum + seconds, 0) },
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function detail({ frames, values, mismatches }: BenchResult): string {
  return `${frames.length} frames, ${values} values, ${mismatches} mismatches`;
}

/** From the reset that breaks off the first frame to the end of the second clean one. */
function wholeTrace(folder: string, { reset }: RunSettings): TraceWindow {
  mkdirSync(join(folder, 'trace'), { recursive: true });
  return { path: WHOLE_TRACE, from: reset.at, to: 0, frames: TRACED_FRAMES };
}

interface Found {
  readonly difference: NonNullable<BenchResult['first']>;
  readonly settings: RunSettings;
}

/** The first difference of the first run that has one. */
function firstDifference(
  plans: readonly RunSettings[],
  runs: readonly BenchResult[],
): Found | undefined {
  return runs.flatMap(({ first }, i) => {
    const settings = plans[i];
    return first && settings ? [{ difference: first, settings }] : [];
  })[0];
}

function nameDifference(
  { layouts, manifest }: Subject,
  { operation, value, frame, cycle, expected, got }: Found['difference'],
  waveform: boolean,
): FirstMismatch {
  const figures = { frame, cycle, expected, got, trace: waveform ? MISMATCH_TRACE : null };
  const layout = layouts[operation];
  if (!layout) {
    const layer = manifest.result.tensor;
    return { layer, operation: 'm_axis', head: null, token: 0, channel: value, ...figures };
  }
  const place = locate(layout, layout.elements[value] ?? 0);
  return { layer: layout.tensor.name, operation: layout.operation.name, ...place, ...figures };
}

/**
 * Repeats the run that differed and leaves a waveform of the cycles around the difference. False
 * when that fails: the difference is worth reporting without it.
 */
async function traceDifference(
  { folder, manifest }: Subject,
  { difference, settings }: Found,
  run: (bench: Bench, settings: RunSettings) => Promise<BenchResult>,
): Promise<boolean> {
  const from = Math.max(0, difference.cycle - BEFORE);
  const trace = { path: MISMATCH_TRACE, from, to: difference.cycle + AFTER, frames: 0 };
  try {
    mkdirSync(join(folder, 'trace'), { recursive: true });
    const bench = await buildBench(folder, manifest, true);
    return 'program' in bench && (await run(bench, { ...settings, trace })).traced;
  } catch {
    return false;
  }
}
