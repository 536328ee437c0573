import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'vitest';
import { randomParameters } from '../../src/import/index.ts';
import { source } from '../dsl/support.ts';
import { TIMM, vitGraph } from '../import/vit-graph.ts';
import { smallModel } from '../quantize/models.ts';
import { onnxBuilder } from '../support/onnx-builder.ts';
import { contents, folderWith, vitrum } from './harness.ts';

const vit = (o: string) => ({
  model: `vit({ image: 8, channels: 1, patch: 4, width: 8, depth: 1, heads: 2, mlp: 16, classes: 3, ${o} })`,
});
const MODEL = smallModel({ side: 8, width: 8, hidden: 16, classes: 3 });
const P = randomParameters(MODEL, 1);
const good = (() => {
  const { graph, output } = vitGraph(MODEL, P);
  return graph.bytes(output, { input: ['n', 1, 8, 8] });
})();
const ulx = { target: `{ board: 'ulx3s-85f' }` };
const onnx = { ...vit(''), ...ulx, weights: `'./w.onnx'` };
const cases: Record<string, Record<string, string | Uint8Array>> = {
  ok: { 'd.vit.ts': source({ ...vit(''), ...ulx }) },
  okice: { 'd.vit.ts': source({ ...vit('') }) },
  okonnx: { 'd.vit.ts': source({ ...onnx }), 'w.onnx': good },
  heads: { 'd.vit.ts': source({ ...ulx, ...vit('heads: 3,') }) },
  depth0: { 'd.vit.ts': source({ ...ulx, ...vit('depth: 0,') }) },
  w17: { 'd.vit.ts': source({ ...ulx, quant: 'quant.minmax({ weights: 17, activations: 8 })' }) },
  missing: { 'd.vit.ts': source(onnx) },
  trunc: { 'd.vit.ts': source(onnx), 'w.onnx': good.slice(0, good.length / 2) },
  mnist8: { 'd.vit.ts': source({ ...vit(''), ...ulx, calibration: 'mnist({ count: 4 })' }) },
  mnistmany: {
    'd.vit.ts': source({ ...vit('image: 28,'), ...ulx, calibration: 'mnist({ count: 10000 })' }),
  },
  small: {
    'd.vit.ts': source({
      model: `deit.base({ image: 32, patch: 16, classes: 10 })`,
      target: `{ board: 'icebreaker' }`,
    }),
  },
  board: { 'd.vit.ts': source({ target: `{ board: 'icebraker' }` }) },
  boardfile: { 'd.vit.ts': source({ target: `{ board: './b.json' }` }), 'b.json': '{ "name": 3 }' },
  fps: { 'd.vit.ts': source({ ...vit(''), target: `{ board: 'ulx3s-85f', fps: 9000000 }` }) },
  tile: {
    'd.vit.ts': source({ target: `{ board: 'ulx3s-85f', tile: { inputs: 4, outputs: 6 } }` }),
  },
  tilebig: {
    'd.vit.ts': source({
      ...vit(''),
      target: `{ board: 'ulx3s-85f', tile: { inputs: 64, outputs: 64 } }`,
    }),
  },
  vec: {
    'd.vit.ts': source({
      target: `{ board: 'ulx3s-85f', tile: { inputs: 4, outputs: 4, vector: 3 } }`,
    }),
  },
  syntax: { 'd.vit.ts': source({ quant: 'quant.minmax({ weights: 4' }) },
  nodefault: { 'd.vit.ts': `import { design } from 'vitrum';\nexport const x = 1;\n` },
  throws: {
    'd.vit.ts': `import { design } from 'vitrum';\nfunction f(): never {\n  throw new RangeError('no luck');\n}\nexport default f();\n`,
  },
  unknown: { 'd.vit.ts': source({ wieghts: '3', ...vit('hads: 3') }) },
  type: { 'd.vit.ts': source({ ...vit(`width: '8'`) }) },
  patch: { 'd.vit.ts': source({ ...vit(`patch: 3`) }) },
  mean: { 'd.vit.ts': source({ ...vit(`mean: [0, 0]`) }) },
  name: { 'd.vit.ts': source({ name: `'../x'` }) },
  name2: { 'd.vit.ts': source({ name: `'module'` }) },
  many: {
    'd.vit.ts': source({
      name: `'../x'`,
      ...vit(`heads: 3, patch: 3`),
      target: `{ board: 'icebraker', fps: -1 }`,
    }),
  },
  big: { 'd.vit.ts': source({ ...ulx, ...vit('width: 4096, heads: 1, mlp: 4096,') }) },
  acts1: {
    'd.vit.ts': source({
      ...ulx,
      ...vit(''),
      quant: 'quant.minmax({ weights: 1, activations: 1 })',
    }),
  },
  res: {
    'd.vit.ts': source({
      ...ulx,
      ...vit(''),
      quant: 'quant.minmax({ weights: 4, activations: 4, residual: 40 })',
    }),
  },
  clock: { 'd.vit.ts': source({ ...vit(''), target: `{ board: 'ulx3s-85f', clockMHz: 0.0001 }` }) },
  folder: { 'd.vit.ts/x': '' },
  js: { 'd.vit.ts': source({ ...onnx, weights: `'./w.bin'` }) },
  big2: { 'd.vit.ts': source({ ...ulx, ...vit('classes: 60000,') }) },
  one: { 'd.vit.ts': source({ ...ulx, ...vit("image: 4, pooling: 'mean',") }) },
  onecls: { 'd.vit.ts': source({ ...ulx, ...vit('classes: 1,') }) },
  longname: { 'd.vit.ts': source({ ...ulx, ...vit(''), name: `'${'x'.repeat(300)}'` }) },
};
test('explore', { timeout: 300000 }, async () => {
  let log = '';
  for (const [name, files] of Object.entries(cases)) {
    const f = folderWith(files);
    const before = Object.keys(contents(f)).length;
    const t = Date.now();
    const a = await vitrum('build', path.join(f, 'd.vit.ts'), '--out', path.join(f, 'out'));
    const after = Object.keys(contents(f)).length;
    log += `\n== ${name}: ${a.code} ${before}->${after} ${Date.now() - t} ms\n${a.stderr
      .split('\n')
      .filter((l) => !/^\[\d/.test(l))
      .join('\n')
      .slice(0, 1500)}`;
  }
  writeFileSync('/tmp/explore.txt', log);
});
