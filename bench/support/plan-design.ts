import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import type { Design, IntegerDesign } from '../../src/dsl/design.ts';
import { loadAnyDesign } from '../../src/dsl/load.ts';
import { loadImages } from '../../src/images/index.ts';
import { importManifest, importParameters } from '../../src/import/index.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import { choosePlan, type Plan } from '../../src/plan/index.ts';
import { quantize } from '../../src/quantize/index.ts';

/** The compiler up to the plan: a model whose weights take long to write can be planned as well. */
export async function planDesign(path: string): Promise<{ name: string; plan: Plan }> {
  const { design, folder } = await loadAnyDesign(path);
  const board = loadBoard(design.target.board, folder, design.places['target.board']);
  const graph =
    design.kind === 'integerDesign'
      ? await imported(design, folder)
      : await quantized(design, folder);
  return { name: design.name, plan: choosePlan(check(graph), board, design.target, design.places) };
}

function imported({ name, manifest, places }: IntegerDesign, folder: string) {
  return importManifest(manifest, name, folder, places.manifest);
}

async function quantized(
  { model, weights, calibration, quant, places }: Design,
  folder: string,
): Promise<IntegerGraph> {
  const parameters = await importParameters(model, weights, folder, places.weights);
  return quantize(model, parameters, loadImages(calibration, model, places.calibration), quant);
}
