import { check } from './src/check/index.ts';
import { createRandom } from './src/arithmetic/index.ts';
import { loadBoard } from './src/boards/index.ts';
import { createEvaluator, createTemplates } from './src/explore/evaluate/evaluator.ts';
import { thinGraph } from './src/explore/evaluate/thin.ts';
import { tileGroups } from './src/explore/space.ts';
import { planShape } from './src/plan/index.ts';
import { shapesOf } from './src/plan/tiles.ts';
import { designOf } from './test/explore/graphs.ts';
import { loadImages } from './src/images/index.ts';
import { importParameters } from './src/import/index.ts';
import { quantize } from './src/quantize/index.ts';
import { plainMethod } from './src/dsl/quant-method.ts';
const random = createRandom(7);
const pick = <T>(all: readonly T[]): T => all[random.nextInt(0, all.length - 1)] as T;
let n = 0;
for (const m of ['deep', 'mean', 'shallow'] as const) {
  const { model, weights, calibration, quant: q } = designOf(m, 4, 6);
  const g = check(quantize(model, importParameters(model, weights, '.'), loadImages(calibration, model, undefined, '.'), { ...q, method: { ...plainMethod, steps: 'token' } }));
  const board = loadBoard('zcu104', '.');
  const ev = createEvaluator(thinGraph(g), board, createTemplates(thinGraph(g)));
  const shapes = tileGroups(m === 'mean').flatMap(shapesOf);
  for (let i = 0; i < 15; i++) {
    const tile = pick(shapes);
    const multipliers = pick(ev.legal(tile, false));
    const place = pick(['onChip', { axiBits: 64 }] as const);
    const shape = { ...tile, multipliers };
    const a = ev.work(shape, place), p = planShape(g, board, 100, shape, place);
    const cycles = a.exact ? a.cyclesPerFrame : ev.workExactly(shape, place).cyclesPerFrame;
    if (cycles !== p.cycles.perFrame || (a.exact && JSON.stringify(a.estimate) !== JSON.stringify(p.estimate))) console.log('DIFFERS', m, shape, place, cycles, p.cycles.perFrame, a.estimate, p.estimate);
    n++;
  }
}
console.log(n, 'compared');
