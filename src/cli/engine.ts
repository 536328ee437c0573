import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Compiled } from '../compile.ts';
import type { AnyDesign } from '../dsl/load.ts';
import type { RunStep } from '../tools/index.ts';
import type { SimReport, SimulatedFrame } from '../verify/index.ts';
import type {
  BuildResult,
  Context,
  Engine,
  ExploreCommandResult,
  SimFrame,
  SimResult,
} from './commands/contracts.ts';

/**
 * The real work behind the commands. Stages are imported when a command needs them, so that
 * `vitrum --help` does not load the compiler.
 */
export const engine: Engine = {
  build: async (design, { out, plan }, { onStep }) => {
    const { compile, compileSteps } = await import('../compile.ts');
    const { stepper } = await import('../tools/index.ts');
    return write(await compile(design, stepper(compileSteps, onStep), plan), out);
  },

  simulate: async (target, { images, stalls, seed, trace }, context) => {
    const { simulate, simulationSteps } = await import('../verify/index.ts');
    const options = { images: images ?? DEFAULT_IMAGES, stalls, seed, trace };
    const { folder, step } = await prepare(target, simulationSteps(options), context);
    const shownFrames: SimFrame[] = [];
    const report = await simulate(folder, {
      ...options,
      step,
      onFrame: (frame) => shownFrames.push(grey(frame)),
    });
    return simResult(report, shownFrames, shown(folder), await resources(folder));
  },

  synthesize: async (target, { native, flatten }, context) => {
    const { folder, step } = await prepare(target, 1, context);
    const { readManifest } = await import('../emit/read-manifest.ts');
    const { synthesize } = await import('../synth/index.ts');
    const { design, top, family, files } = readManifest(folder);
    const report = await step('synthesize', () =>
      synthesize({ folder, files: files.verilog, top, family, native, flatten }),
    );
    return { design, ...report };
  },

  measureAccuracy: async (design, options, context) => {
    const { accuracyOfDesign } = await import('../accuracy/design.ts');
    const { pictures, ...measured } = await accuracyOfDesign(design, options, context.onStep);
    return { ...measured, pictures: pictures.map(shown) };
  },

  checkModel: async (file, options) => {
    const { inspectOnnx } = await import('../import/index.ts');
    const { inspectionSummary } = await import('./inspection.ts');
    return { file, ...inspectionSummary(inspectOnnx(file, options)) };
  },

  importModel: async (file, options) => {
    const { inspectOnnx } = await import('../import/index.ts');
    const { writeDesign } = await import('../import/write-design.ts');
    const { inspectionSummary } = await import('./inspection.ts');
    const inspection = inspectOnnx(file, options);
    writeDesign(inspection, file, options);
    return { file, out: shown(resolve(options.out)), ...inspectionSummary(inspection) };
  },

  explore: async (design, options, { onStep, onProgress }) => {
    const { explore, exploreSteps, planText, bitsName, verifyPlans } = await import(
      '../explore/index.ts'
    );
    const { stepper } = await import('../tools/index.ts');
    const { verify = 0, planOut, out, images, clock: clocksMHz, limit, ...rest } = options;
    const more = (verify > 0 ? 1 : 0) + (images === undefined ? 0 : 1);
    const step = stepper(exploreSteps + more, onStep);
    const found = await explore(
      design,
      {
        ...{ ...rest, clocksMHz, limits: limit },
        onProgress: (share, best) => {
          const rate = best ? `, best ${best.evaluation.framesPerSecond.toFixed(1)} fps` : '';
          const bits = best?.point.bits ? ` at ${bitsName(best.point.bits)}` : '';
          onProgress?.(`${(100 * share).toFixed(0)} %${rate}${bits}`);
        },
      },
      step,
    );
    const { design: loaded, folder, refused } = found;
    let { result } = found;
    if (images !== undefined && loaded.kind === 'design') {
      const { withAccuracy } = await import('../explore/accuracy/index.ts');
      const searched = result;
      const { observations } = found;
      const measuring = { count: images, workers: options.workers, observations };
      const onMeasured = (done: number, all: number) => onProgress?.(`${done} of ${all} bits`);
      result = await step('accuracy', () =>
        withAccuracy(searched, loaded, folder, { ...measuring, onProgress: onMeasured }),
      );
    }
    const verified =
      verify > 0 ? await step('verify', () => verifyPlans(design, result, verify)) : [];
    const report = out === undefined ? {} : { report: await writeReport(out, result, loaded) };
    if (planOut === undefined || !result.answer) return { result, refused, verified, ...report };
    const path = resolve(planOut);
    await writeFile(path, planText(result.design, result.answer.point));
    return { result, refused, verified, ...report, planFile: shown(path) };
  },

  detectTools: async () => {
    const { detectTools, installCommand } = await import('../tools/index.ts');
    return detectTools((tool) => installCommand([tool]));
  },
};

/** Writes the page and its plots beside it; gives the path of the page. */
async function writeReport(
  out: string,
  result: ExploreCommandResult['result'],
  design: AnyDesign,
): Promise<string> {
  const { reportFiles, reportOf } = await import('../explore/report/index.ts');
  const page = resolve(out);
  const files = reportFiles(reportOf(result, design), basename(page, '.html'));
  await mkdir(dirname(page), { recursive: true });
  for (const { path, content } of files) await writeFile(join(dirname(page), path), content);
  return shown(page);
}

const DEFAULT_IMAGES = 4;

/**
 * The folder of a target, and the stepper for what follows: a design is built first, and its steps
 * count along; a folder is taken as it is.
 */
async function prepare(
  target: string,
  steps: number,
  { onStep }: Context,
): Promise<{ readonly folder: string; readonly step: RunStep }> {
  const { stepper } = await import('../tools/index.ts');
  if (!isDesign(target)) return { folder: resolve(target), step: stepper(steps, onStep) };
  const { compile, compileSteps } = await import('../compile.ts');
  const step = stepper(compileSteps + steps, onStep);
  const { out } = await write(await compile(target, step), undefined);
  return { folder: resolve(out), step };
}

function isDesign(target: string): boolean {
  return /\.m?ts$/.test(target);
}

async function write(compiled: Compiled, out: string | undefined): Promise<BuildResult> {
  const { writeFolder } = await import('../emit/write-folder.ts');
  const { lossReport, memoryMap, occupancy } = await import('../plan/index.ts');
  const { design, plan, files } = compiled;
  const folder = resolve(out ?? join('rtl-out', design));
  writeFolder(folder, files);
  const { shape, cycles, estimate, board, clockMHz } = plan;
  const supply = (need: number, has: number, what: string) => `${need} of ${has} ${what}`;
  return {
    design,
    out: shown(folder),
    files: files.map((f) => f.path),
    summary: [
      ['board', `${board.name} at ${clockMHz} MHz`],
      [
        'array',
        `${shape.tokens} x ${shape.inputs} x ${shape.outputs}, ${shape.vector} vector lanes`,
      ],
      ['cycles per frame', `${cycles.perFrame}, latency ${cycles.latency}`],
      ['frames per second', plan.framesPerSecond.toFixed(0)],
      ['utilization of the array', `${(plan.utilization * 100).toFixed(1)} %`],
      [
        'resources, estimated',
        [
          supply(estimate.lut, board.resources.lut, 'LUT'),
          `${estimate.ff} FF`,
          supply(estimate.dsp, board.resources.dsp, 'DSP'),
          supply(estimate.bram36, board.resources.bram36, 'BRAM36'),
          ...(estimate.uram > 0 ? [supply(estimate.uram, board.resources.uram, 'URAM')] : []),
        ].join(', '),
      ],
    ],
    losses: lossReport(occupancy(plan)),
    memories: memoryMap(plan.parameters, board).memories,
    figures: {
      board: board.name,
      clockMHz,
      tile: shape,
      cyclesPerFrame: cycles.perFrame,
      latencyCycles: cycles.latency,
      framesPerSecond: plan.framesPerSecond,
      macUtilization: plan.utilization,
      estimate,
    },
  };
}

/** The planner's estimate, as the build folder has it. */
async function resources(folder: string): Promise<readonly [string, string]> {
  const { readManifest } = await import('../emit/read-manifest.ts');
  const { lut, ff, dsp, bram36, uram } = readManifest(folder).predicted;
  const ultra = uram > 0 ? `, ${uram} URAM` : '';
  return [
    'resources, estimated',
    `${lut} LUT, ${ff} FF, ${dsp} DSP, ${bram36} BRAM36${ultra} (vitrum synth measures)`,
  ];
}

function simResult(
  report: SimReport,
  images: readonly SimFrame[],
  out: string,
  estimate: readonly [string, string],
): SimResult {
  const { first, trace, losses, ...figures } = report;
  const stalled = report.cyclesPerFrameStalled;
  return {
    ...report,
    first: first ?? undefined,
    losses: losses ?? undefined,
    trace: trace ?? first?.trace ?? undefined,
    images,
    out,
    summary: [
      ...(stalled === null ? [] : [['with stalls', `${stalled.toFixed(0)} cycles`] as const]),
      ['latency', `${report.latencyCycles} cycles (predicted ${report.predictedLatencyCycles})`],
      estimate,
    ],
    figures,
  };
}

/** The first channel of an image, for the terminal. */
function grey(frame: SimulatedFrame): SimFrame {
  const { channels, pixels, width, height, label, predicted, mismatches } = frame;
  const plane = channels === 1 ? pixels : pixels.filter((_, i) => i % channels === 0);
  return { width, height, pixels: plane, label, predicted, mismatches };
}

/** As the user would write it: relative where it lies below the current folder. */
function shown(folder: string): string {
  const path = relative('.', folder);
  return path.startsWith('..') ? folder : path || '.';
}
