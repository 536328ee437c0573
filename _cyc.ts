import { check } from './src/check/index.ts';
import { loadDesign } from './src/dsl/load.ts';
import { importParameters } from './src/import/index.ts';
import { loadImages } from './src/images/index.ts';
import { quantize } from './src/quantize/index.ts';
import { plainMethod } from './src/dsl/quant-method.ts';
import { choosePlan } from './src/plan/index.ts';
import { loadBoard } from './src/boards/index.ts';
const { design, folder } = await loadDesign('examples/mnist/mnist.vit.ts');
const images = loadImages(design.calibration, design.model).slice(0, 8);
const p = importParameters(design.model, design.weights, folder);
for (const steps of ['tensor', 'token'] as const) {
  const g = quantize(design.model, p, images, { weights: 8, activations: 8, residual: 16, method: { ...plainMethod, steps } });
  const plan = choosePlan(check(g), loadBoard('kv260', folder), { ...design.target, tile: { tokens: 2, inputs: 16, outputs: 8, vector: 8 } } as never);
  console.log(steps, plan.cycles, plan.parameters.SUM_BITS, plan.parameters.ACC_BITS, plan.parameters.PROD_BITS, plan.estimate.luts);
}
