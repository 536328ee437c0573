import { join } from 'node:path';
import { openStore } from '../src/accuracy/index.ts';
import { table } from '../src/cli/text.ts';
import type { LayerBits } from '../src/dsl/design.ts';
import {
  type AccuracyModel,
  createProbe,
  decibelsOf,
  evaluate,
  layerBitsOf,
  type Metric,
  measureSensitivity,
  weightCounts,
  weightProblem,
} from '../src/explore/accuracy/index.ts';
import {
  type AllocatorName,
  allocate,
  createSolver,
  type Solver,
} from '../src/explore/allocate/index.ts';
import { loadLabelled } from '../src/images/index.ts';
import { importParameters } from '../src/import/index.ts';
import { createObservations } from '../src/quantize/index.ts';
import { cacheFolder } from '../src/verify/cache.ts';
import { type AccuracySubject, accuracySubjects } from './support/accuracy-subjects.ts';
import type { Measured } from './support/measured.ts';

export interface AllocatorsOptions {
  /** Test images that configurations are measured on. */
  readonly images: number;
  /** Others, that the sensitivity of layers is measured on. */
  readonly probes: number;
  readonly models: readonly string[];
  /** Bits of weights that layers may have, around a design in 8 bits. */
  readonly widths?: readonly number[] | undefined;
  /** Bits of a weight on the average; whole ones are those that uniform bits can use up. */
  readonly budgets?: readonly number[] | undefined;
  readonly workers?: number | undefined;
}

/** One configuration and what came of it. */
interface Row {
  readonly model: string;
  /** Bits of a weight on the average that were allowed, and that were taken. */
  readonly budget: number;
  readonly taken: number;
  readonly allocator: string;
  readonly metric: Metric | null;
  readonly top1: number | null;
  readonly agreement: number;
  /** Of the logits. */
  readonly decibels: number;
  readonly divergence: number;
  readonly predicted: number | null;
  readonly bits: LayerBits;
}

const WIDTHS = [2, 3, 4, 5, 6, 8];
const BASE = { weights: 8, activations: 8, residual: 16 } as const;
const BUDGETS = [2, 2.5, 3, 3.5, 4];
const ALLOCATORS = ['greedy', 'hawq-v3'] as const satisfies readonly AllocatorName[];

/**
 * The same memory for the weights, spent evenly or by the sensitivity of layers: top-1 on test images
 * that neither calibration nor sensitivity saw.
 */
export async function benchAllocators(options: AllocatorsOptions): Promise<Measured> {
  const solver = await createSolver();
  const rows: Row[] = [];
  for (const subject of await accuracySubjects(options.models, options.images)) {
    rows.push(...(await measure(subject, options, solver)));
  }
  return { text: textOf(rows), json: { base: BASE, widths: WIDTHS, ...options, rows } };
}

async function measure(
  subject: AccuracySubject,
  { probes, workers, widths = WIDTHS, budgets = BUDGETS }: AllocatorsOptions,
  solver: Solver,
): Promise<Row[]> {
  const { name, model, weights, folder, calibration } = subject;
  const parameters = importParameters(model, weights, folder);
  const observations = createObservations(model, parameters, calibration);
  const store = openStore(join(cacheFolder(), 'accuracy'));
  const probe = createProbe(
    { observations, images: probeImages(subject, probes) },
    { store, workers },
  );
  const test = createProbe({ observations, images: subject.images }, { store, workers });
  try {
    const models: AccuracyModel[] = [];
    // The second metric finds its runs in the store.
    for (const metric of ['divergence', 'noise'] as const) {
      const onProgress = (done: number, all: number) =>
        process.stderr.write(`\r${name}: sensitivity ${done} of ${all} `);
      models.push(
        await measureSensitivity(probe, observations, {
          ...{ settings: BASE, weights: widths, metric, onProgress },
        }),
      );
    }
    process.stderr.write('\n');
    const wanted: (Omit<Row, 'top1' | 'agreement' | 'decibels' | 'divergence' | 'predicted'> & {
      readonly by: AccuracyModel;
    })[] = [];
    const count = [...weightCounts(model).values()].reduce((a, b) => a + b);
    for (const budget of budgets) {
      const limits = [{ cost: 'weightBits', atMost: budget * count }];
      const add = async (allocator: AllocatorName, by: AccuracyModel, metric: Metric | null) => {
        const problem = weightProblem(by, model, limits);
        const found = await allocate(allocator, problem, solver);
        if (!found) return;
        const taken = (found.costs.weightBits ?? 0) / count;
        const bits = layerBitsOf(problem, found);
        wanted.push({ model: name, budget, taken, allocator, metric, bits, by });
      };
      await add('uniform', models[0] as AccuracyModel, null);
      for (const by of models) {
        for (const allocator of ALLOCATORS) await add(allocator, by, by.metric);
      }
    }
    const rows: Row[] = [];
    for (const { by, ...row } of wanted) {
      const [found] = await evaluate(by, test, [row.bits]);
      if (!found?.measured) throw new Error('a configuration was not measured');
      const { top1, agreement, noise, divergence } = found.measured;
      process.stderr.write(`\r${name}: configuration ${rows.length + 1} of ${wanted.length} `);
      const decibels = decibelsOf(noise);
      const predicted = row.metric === null ? null : found.predicted.error;
      rows.push({ ...row, top1, agreement, decibels, divergence, predicted });
    }
    process.stderr.write('\n');
    return rows;
  } finally {
    await Promise.all([probe.close(), test.close()]);
  }
}

/** Images that are neither tested nor calibrated with. */
function probeImages({ name, model, images, calibration }: AccuracySubject, count: number) {
  if (name === 'mnist') {
    const source = { kind: 'mnist', count: Math.min(count, 2000), split: 'test' } as const;
    return loadLabelled(source, model);
  }
  // Of another set: those of the calibration, which names no classes.
  const others = calibration.slice(0, count).map((pixels) => ({ pixels, label: undefined }));
  return others.length > 0 ? others : images.slice(0, count);
}

function textOf(rows: readonly Row[]): string {
  const percent = (x: number | null) => (x === null ? '-' : `${(100 * x).toFixed(2)} %`);
  const head = ['model', 'bits a weight', 'taken', 'allocator', 'adds up', 'top-1'];
  return table(
    [
      [...head, 'agreement', 'logits', 'divergence', 'expected'],
      ...rows.map((row) => [
        row.model,
        String(row.budget),
        row.taken.toFixed(2),
        row.allocator,
        row.metric ?? '',
        percent(row.top1),
        percent(row.agreement),
        `${row.decibels.toFixed(1)} dB`,
        row.divergence.toExponential(1),
        row.predicted === null ? '' : row.predicted.toExponential(1),
      ]),
    ],
    [1, 2, 5, 6, 7, 8, 9],
  );
}
