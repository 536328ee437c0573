import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../emit/manifest.ts';
import type { RunStep } from '../tools/index.ts';
import { type Bench, buildBench } from './build-bench.ts';
import { runFailures, timingFailures } from './judge.ts';
import { locate, type OperationLayout } from './layout.ts';
import { type RunSettings, type TraceWindow, writeVectors } from './plan-file.ts';
import type { FirstMismatch } from './report.ts';
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

/** Runs the RTL of a build folder on vectors and compares. See `simulate` for what it throws. */
export async function checkDesign(
  subject: Subject,
  options: { readonly stalls: boolean; readonly seed: number; readonly trace: boolean },
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
      const window = options.trace && last ? wholeTrace(folder) : undefined;
      const name = settings.stalls ? 'simulate with stalls' : 'simulate';
      const result = await step(name, () => run(bench, { ...settings, trace: window }), detail);
      if (window && result.traced) trace = 'trace/run.fst';
      runs.push(result);
    }
    const first = await firstMismatch(subject, plans, runs, run);
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

function wholeTrace(folder: string): TraceWindow {
  mkdirSync(join(folder, 'trace'), { recursive: true });
  return { path: join('trace', 'run.fst'), from: 0, to: 0, frames: TRACED_FRAMES };
}

/** Names the first difference of all runs and leaves a waveform of the cycles around it. */
async function firstMismatch(
  subject: Subject,
  plans: readonly RunSettings[],
  runs: readonly BenchResult[],
  run: (bench: Bench, settings: RunSettings) => Promise<BenchResult>,
): Promise<FirstMismatch | null> {
  const { folder, manifest } = subject;
  const at = runs.findIndex((result) => result.first);
  const found = runs[at]?.first;
  const settings = plans[at];
  if (!found || !settings) return null;
  const path = join('trace', 'first-mismatch.fst');
  mkdirSync(join(folder, 'trace'), { recursive: true });
  const window = {
    path,
    from: Math.max(0, found.cycle - BEFORE),
    to: found.cycle + AFTER,
    frames: 0,
  };
  const traced = await traceAgain(subject, (bench) => run(bench, { ...settings, trace: window }));
  const { frame, cycle, expected, got } = found;
  const figures = {
    frame,
    cycle,
    expected,
    got,
    trace: traced ? 'trace/first-mismatch.fst' : null,
  };
  const layout = subject.layouts[found.operation];
  if (!layout) {
    const layer = manifest.result.tensor;
    return { layer, operation: 'm_axis', head: null, token: 0, channel: found.value, ...figures };
  }
  const place = locate(layout, layout.elements[found.value] ?? 0);
  return { layer: layout.tensor.name, operation: layout.operation.name, ...place, ...figures };
}

/** Without the waveform the difference is still worth reporting, so a failure here is not one of the check. */
async function traceAgain(
  { folder, manifest }: Subject,
  run: (bench: Bench) => Promise<BenchResult>,
): Promise<boolean> {
  try {
    const bench = await buildBench(folder, manifest, true);
    return 'program' in bench && (await run(bench)).traced;
  } catch {
    return false;
  }
}
