import { loadBoard } from './boards/index.ts';
import { check } from './check/index.ts';
import { type LoadedDesign, loadDesign } from './dsl/load.ts';
import { emit, type OutputFile } from './emit/index.ts';
import { loadImages } from './images/index.ts';
import { importParameters } from './import/index.ts';
import { lower } from './lower/index.ts';
import { checkWeightsFit, choosePlan, type Plan } from './plan/index.ts';
import { quantize } from './quantize/index.ts';
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
 */
export async function compile(
  designPath: string,
  step: RunStep = stepper(compileSteps),
): Promise<Compiled> {
  // describe: the user's file -> model graph and settings
  const loaded = await step('describe', () => loadDesign(designPath));
  return compileLoaded(loaded, step);
}

/** The compiler from a design that is already a value; `folder` is where its files lie. */
export async function compileLoaded(
  { design, folder }: Pick<LoadedDesign, 'design' | 'folder'>,
  step: RunStep = stepper(compileSteps - 1),
): Promise<Compiled> {
  const { model, places } = design;
  const board = loadBoard(design.target.board, folder, places['target.board']);
  checkWeightsFit(model, design.quant.weights, board, places['target.board'] ?? places.target);

  // import: weights of the model graph
  const parameters = await step('import', () =>
    importParameters(model, design.weights, folder, places.weights),
  );

  // quantize: float meaning and sample images -> integer graph
  const graph = await step(
    'quantize',
    () => {
      const images = loadImages(design.calibration, model, places.calibration);
      return quantize(model, parameters, images, design.quant);
    },
    (g) => `${g.nodes.length} nodes, W${design.quant.weights}A${design.quant.activations}`,
  );

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
    () => emit(hardware, design.calibration),
    (f) => `${f.length} files`,
  );
  return { design: design.name, plan, files };
}
