import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  type Candidate,
  type MethodAccuracy,
  measureAccuracy,
  openStore,
  referenceOf,
  type Score,
} from '../src/accuracy/index.ts';
import { type PresetName, presetMethod, presetNames } from '../src/dsl/presets.ts';
import type { MixedRows, QuantMethod } from '../src/dsl/quant-method.ts';
import { importParameters } from '../src/import/index.ts';
import { createObservations } from '../src/quantize/index.ts';
import { cacheFolder } from '../src/verify/cache.ts';
import { type AccuracySubject, accuracySubjects } from './support/accuracy-subjects.ts';

/**
 * Accuracy of models x methods x bits by the golden model, float beside it, and the difference to
 * plain min-max at the same bits. Results are kept by content: a run that was broken off goes on.
 *
 *     tsx bench/accuracy.ts [--images N] [--methods minmax,mse] [--bits W8A8,W4A8] [--models mnist]
 *       [--group K]: methods with a step for each channel have one for every K inputs of it instead
 *       [--rows KIND:BITS:OUTPUTS/OF]: rows of another kind, as powerOfTwo:4:16/32
 */
const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '1000' },
    methods: { type: 'string', default: presetNames.join(',') },
    bits: { type: 'string', default: 'W8A8,W6A6,W4A8,W4A4' },
    models: { type: 'string', default: 'mnist,cifar10' },
    group: { type: 'string' },
    rows: { type: 'string' },
    workers: { type: 'string' },
  },
});
const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const wanted = (name: string) => (values[name as 'bits'] ?? '').split(',');
const store = openStore(join(cacheFolder(), 'accuracy'));
const report: unknown[] = [];
for (const subject of await accuracySubjects(wanted('models'), Number(values.images))) {
  report.push(await measure(subject));
}
writeReport(report);

async function measure({ name, model, weights, folder, calibration, images }: AccuracySubject) {
  const parameters = importParameters(model, weights, folder);
  console.log(`${name}: ${images.length} test images, ${calibration.length} to calibrate with`);
  const { reference, name: float } = await referenceOf(weights, model.image, folder);
  console.log(`float is ${float}`);
  const plain = new Map<string, number>();
  const done: MethodAccuracy[] = [];
  const accuracy = await measureAccuracy(
    {
      observations: createObservations(model, parameters, calibration),
      images,
      reference,
      candidates: candidates(),
    },
    {
      store,
      workers: values.workers === undefined ? undefined : Number(values.workers),
      onMethod: (method, score) => {
        if (method.name === 'minmax') plain.set(method.bits, method.top1 ?? 0);
        console.log(row(method, score, plain.get(method.bits)));
        done.push(method);
        // Written as it grows: a bench of hours may be broken off.
        writeReport([
          ...report,
          { model: name, images: images.length, reference: float, float: score, methods: done },
        ]);
      },
    },
  );
  return { model: name, ...accuracy, reference: float };
}

function writeReport(all: readonly unknown[]): void {
  mkdirSync(root('bench/results'), { recursive: true });
  writeFileSync(root('bench/results/accuracy.json'), `${JSON.stringify(all, null, 2)}\n`);
}

/** Bits by bits, plain min-max first: the others are compared with it. */
function candidates(): Candidate[] {
  const names = presetNames.filter((name) => wanted('methods').includes(name));
  return wanted('bits').flatMap((bits) => {
    const [, weights = 8, activations = 8] = (/^W(\d)A(\d)$/.exec(bits) ?? []).map(Number);
    // First and last layer in 8 bits, as most papers have it, for every method alike.
    const settings = { weights, activations, residual: 16, ends: 8 };
    return names.map((name) => ({ name, settings: { ...settings, method: methodOf(name) } }));
  });
}

function methodOf(name: PresetName): QuantMethod {
  const group = values.group === undefined ? undefined : Number(values.group);
  const method = presetMethod(name, group);
  return { ...method, rows: values.rows === undefined ? method.rows : rowsOf(values.rows) };
}

function rowsOf(text: string): MixedRows {
  const [, kind, bits, outputs, of] = /^(\w+):(\d):(\d+)\/(\d+)$/.exec(text) ?? [];
  if (kind !== 'fixed' && kind !== 'powerOfTwo' && kind !== 'sumOfTwo') {
    throw new Error(`--rows ${text}: fixed, powerOfTwo or sumOfTwo, as powerOfTwo:4:16/32`);
  }
  return { kind, bits: Number(bits), outputs: Number(outputs), of: Number(of) };
}

function row(method: MethodAccuracy, float: Score, plain: number | undefined): string {
  const percent = (x: number | null) => (x === null ? '-' : (100 * x).toFixed(2)).padStart(6);
  const points = (x: number) => `${x < 0 ? '-' : '+'}${Math.abs(100 * x).toFixed(2)}`.padStart(7);
  const { name, bits, top1, top5, agreement, worst } = method;
  const difference = top1 === null || plain === undefined ? '-'.padStart(7) : points(top1 - plain);
  const toFloat = points((top1 ?? 0) - (float.top1 ?? 0));
  return [
    bits,
    name.padEnd(12),
    `top-1 ${percent(top1)}`,
    `top-5 ${percent(top5)}`,
    `to float (${percent(float.top1).trim()}) ${toFloat}`,
    `to min-max ${difference}`,
    `agreement ${percent(agreement)}`,
    `worst ${worst?.layer} ${worst?.decibels?.toFixed(1)} dB`,
  ].join('  ');
}
