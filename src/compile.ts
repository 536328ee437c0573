import { type Board, loadBoard } from './boards/index.ts';
import { check } from './check/index.ts';
import type { Design, ImageSource, IntegerDesign } from './dsl/design.ts';
import { type AnyDesign, type LoadedDesign, loadAnyDesign } from './dsl/load.ts';
import { emit, type Manifest } from './emit/index.ts';
import type { OutputFile } from './emit/write-folder.ts';
import { applyPlan, readPlanFile } from './explore/plan-file/index.ts';
import { folderSamples, loadImages, loadSamples, packSamples } from './images/index.ts';
import { importManifest, importWeights, keepQuantization } from './import/index.ts';
import type { IntegerGraph } from './ir/index.ts';
import { lower } from './lower/index.ts';
import { checkWeightsFit, choosePlan, type Plan } from './plan/index.ts';
import { quantize, weightBits } from './quantize/index.ts';
import { type RunStep, stepper } from './tools/index.ts';

export interface Compiled {
  readonly design: string;
  readonly plan: Plan;
  readonly files: readonly OutputFile[];
}

/** Steps that `compile` runs. */
export const compileSteps = 7;

/**
 * The whole compiler. Each stage takes what the stage before it made and gives a new value; none
 * writes a file. Throws `DiagnosticsError` with all the faults that a stage found.
 *
 * @param planPath a plan file that takes the place of the design's target and bits
 */
export async function compile(
  designPath: string,
  step: RunStep = stepper(compileSteps),
  planPath?: string,
): Promise<Compiled> {
  // describe: the user's file -> model graph and settings
  const loaded = await step('describe', async () => {
    const { design, folder } = await loadAnyDesign(designPath);
    const plan = planPath === undefined ? undefined : readPlanFile(planPath, folder);
    return { design: plan ? applyPlan(design, plan) : design, folder };
  });
  return compileLoaded(loaded, step);
}

/** The compiler from a design that is already a value; `folder` is where its files lie. */
export async function compileLoaded(
  { design, folder }: Pick<LoadedDesign<AnyDesign>, 'design' | 'folder'>,
  step: RunStep = stepper(compileSteps - 1),
): Promise<Compiled> {
  const { places } = design;
  const board = loadBoard(design.target.board, folder, places['target.board']);
  const { graph, images, samples } =
    design.kind === 'integerDesign'
      ? await importedGraph(design, folder, step)
      : await quantizedGraph(design, folder, board, step);

  // check: every intermediate fits the width stated for it
  const checked = await step('check', () => check(graph));

  // plan: tile, buffers, program, exact cycles
  const plan = await step(
    'plan',
    () => choosePlan(checked, board, design.target, places),
    (p) => `${p.shape.inputs} x ${p.shape.outputs}, ${p.cycles.perFrame} cycles a frame`,
  );

  // lower: plan -> widths, descriptors, memory contents
  const hardware = await step('lower', () => lower(plan));

  // emit: hardware -> files
  const files = await step(
    'emit',
    () => [...emit(hardware, images), ...samples],
    (f) => `${f.length} files`,
  );
  return { design: design.name, plan, files };
}

/** An integer graph, and where the frames come from that it is simulated with. */
interface Front {
  readonly graph: IntegerGraph;
  readonly images: Manifest['images'];
  /** The file of the frames, where they are the design's own. */
  readonly samples: readonly OutputFile[];
}

/** import and quantize: weights and sample images of a float model -> integer graph. */
async function quantizedGraph(
  { model, quant, weights, calibration, target, places }: Design,
  folder: string,
  board: Board,
  step: RunStep,
): Promise<Front> {
  const bitsOf = (layer: string) => weightBits(quant, layer);
  checkWeightsFit(model, bitsOf, board, target, places['target.board'] ?? places.target);
  const { parameters, encoder } = await step('import', () =>
    importWeights(model, weights, folder, quant.fromFile === true, places.weights),
  );
  const graph = await step(
    'quantize',
    () => {
      const images = loadImages(calibration, model, places.calibration, folder);
      return encoder
        ? keepQuantization(encoder, model, parameters, images, quant)
        : quantize(model, parameters, images, quant);
    },
    (g) =>
      `${g.nodes.length} nodes, ${encoder ? 'integers of the file' : `W${quant.weights}A${quant.activations}`}`,
  );
  if (calibration.kind !== 'folder') {
    return { graph, images: sampleSource(calibration), samples: [] };
  }
  const samples = packSamples(folderSamples(calibration, model, graph.input, folder), graph.input);
  return { graph, ...ownSamples(samples) };
}

/** import: a checkpoint that is an integer graph already, and its sample frames. */
async function importedGraph(
  { name, manifest, images, places }: IntegerDesign,
  folder: string,
  step: RunStep,
): Promise<Front> {
  const graph = await step(
    'import',
    () => importManifest(manifest, name, folder, places.manifest),
    (g) => `${g.nodes.length} nodes`,
  );
  if (images.kind === 'random') {
    await step('samples', () => undefined);
    return { graph, images: sampleSource(images), samples: [] };
  }
  const frames = await step(
    'samples',
    () => loadSamples(images, graph.input, folder, places.images),
    (all) => `${all.length} frames`,
  );
  return { graph, ...ownSamples(packSamples(frames, graph.input)) };
}

/** Where frames come from when a build folder is simulated: those that were not calibrated with. */
function sampleSource(images: Exclude<ImageSource, { kind: 'folder' }>): Manifest['images'] {
  return images.kind === 'mnist' ? { kind: 'mnist' } : { kind: 'random', seed: images.seed };
}

/** Frames that the build folder holds itself. */
function ownSamples(content: Uint8Array): Pick<Front, 'images' | 'samples'> {
  const images = { kind: 'samples', path: SAMPLES_FILE } as const;
  return { images, samples: [{ path: SAMPLES_FILE, content }] };
}

/** Where the frames lie in a build folder. */
const SAMPLES_FILE = 'samples.npz';
