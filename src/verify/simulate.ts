import { resolve } from 'node:path';
import type { Manifest } from '../emit/manifest.ts';
import { readGraph, readManifest } from '../emit/read-manifest.ts';
import { argMax } from '../golden/index.ts';
import type { RawImage } from '../images/index.ts';
import { productsPerCycle } from '../plan/index.ts';
import { stepper } from '../tools/index.ts';
import { checkDesign, type DesignCheck } from './check-design.ts';
import { goldenImagesInParallel } from './golden-images.ts';
import { intervals, latencyOf } from './judge.ts';
import { type OperationLayout, operationLayouts, uncoveredTensors } from './layout.ts';
import type { SimReport, SimulatedFrame, SimulateOptions } from './report.ts';
import { sampleImages } from './sample-images.ts';

/** Steps that `simulate` takes of `options.step`. */
export function simulationSteps({ stalls }: Pick<SimulateOptions, 'stalls'>): number {
  return stalls ? 4 : 3;
}

/**
 * Simulates the RTL of a build folder with Verilator on sample images and compares every value of
 * every layer with the golden model: from a random initial state, after a frame that a reset broke
 * off, at least three frames back to back, first without stalls, which gives the cycle counts, then
 * with stalls when asked for. What is found is in the report.
 *
 * Throws `DiagnosticsError` for a folder that is no build or images that do not fit, `ToolError`
 * when Verilator, make or the C++ compiler is missing or broken.
 */
export async function simulate(folder: string, options: SimulateOptions): Promise<SimReport> {
  const path = resolve(folder);
  const step = options.step ?? stepper(simulationSteps(options));
  const manifest = readManifest(path);
  const graph = readGraph(path, manifest.files.graph);
  const layouts = operationLayouts(manifest, graph);
  const images = sampleImages(manifest.images, graph.input, options.images, options.seed, path);

  const started = performance.now();
  const golden = await step(
    'golden model',
    () => goldenImagesInParallel(graph, manifest, layouts, images),
    (all) => `${all.length} images`,
  );
  const goldenSeconds = (performance.now() - started) / 1000;
  const check = await checkDesign(
    { folder: path, manifest, layouts, vectors: golden },
    options,
    step,
  );

  const frames = simulatedFrames(
    images,
    golden.map((g) => g.predicted),
    check,
  );
  for (const frame of frames) options.onFrame?.(frame);
  const failures = [...uncoveredTensors(graph, layouts), ...check.failures];
  return makeReport(manifest, layouts, check, frames, failures, goldenSeconds, options.seed);
}

/** The images with the results of the last run. */
function simulatedFrames(
  images: readonly RawImage[],
  golden: readonly number[],
  check: DesignCheck,
): SimulatedFrame[] {
  const results = check.runs.at(-1)?.frames ?? [];
  return images.map(({ width, height, channels, pixels, label }, index) => {
    const result = results[index];
    return {
      ...{ index, width, height, channels, pixels, label },
      predicted: result && result.results.length > 0 ? argMax(result.results) : -1,
      golden: golden[index] ?? -1,
      mismatches: result?.mismatches ?? 0,
    };
  });
}

function makeReport(
  manifest: Manifest,
  layouts: readonly OperationLayout[],
  { runs, first, trace, verilator, seconds }: DesignCheck,
  frames: readonly SimulatedFrame[],
  failures: readonly string[],
  goldenSeconds: number,
  seed: number,
): SimReport {
  const { predicted, tile, clockMHz } = manifest;
  const sum = (of: (run: DesignCheck['runs'][number]) => number) =>
    runs.reduce((total, run) => total + of(run), 0);
  const measured = runs[0];
  const stalled = runs[1];
  const cyclesPerFrame = Math.max(0, (measured && intervals(measured).at(-1)) ?? 0);
  const seen = layouts.filter((_, i) => runs.some((run) => (run.operationFrames[i] ?? 0) > 0));
  const mismatches = sum((run) => run.mismatches);
  const labelled = frames.filter((frame) => frame.label !== undefined);
  const valuesCompared = sum((run) => run.values);
  return {
    ok: failures.length === 0 && mismatches === 0 && valuesCompared > 0,
    design: manifest.design,
    images: frames.length,
    frames: sum((run) => run.frames.filter((f) => f.lastResult > 0).length),
    layersCompared: new Set(seen.map(({ tensor }) => tensor.name)).size,
    operationsCompared: seen.length,
    valuesCompared,
    mismatches,
    first,
    failures,
    cyclesPerFrame,
    predictedCyclesPerFrame: predicted.cyclesPerFrame,
    cyclesPerFrameStalled: stalled ? mean(intervals(stalled)) : null,
    latencyCycles: measured ? latencyOf(measured) : 0,
    predictedLatencyCycles: predicted.latencyCycles,
    losses: cyclesPerFrame === predicted.cyclesPerFrame ? manifest.losses : null,
    macUtilization:
      cyclesPerFrame > 0 ? predicted.products / (productsPerCycle(tile) * cyclesPerFrame) : 0,
    framesPerSecond: cyclesPerFrame > 0 ? (clockMHz * 1e6) / cyclesPerFrame : 0,
    top1Rtl: labelled.length > 0 ? share(labelled, (f) => f.predicted === f.label) : null,
    top1Golden: labelled.length > 0 ? share(labelled, (f) => f.golden === f.label) : null,
    agreement: share(frames, (f) => f.predicted === f.golden),
    trace,
    seconds: { golden: goldenSeconds, ...seconds },
    simulator: `Verilator ${verilator}`,
    seed,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / Math.max(1, values.length);
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length / Math.max(1, items.length);
}
