import { z } from 'zod';
import type { ArrayImages, ArrayPart, ManifestSource } from './design.ts';
import { type Draft, draft } from './draft.ts';
import { codes, fault, show } from './faults.ts';
import { captureCall } from './place.ts';
import { readSettings, setting } from './settings.ts';

export type ManifestDraft = Draft<'manifest', ManifestSource>;
export type ArraysDraft = Draft<'arrays', ArrayImages>;

export const legalManifest = 'a path that ends in .json, or manifest({ file })';

export const isManifestPath = (x: unknown): x is string =>
  typeof x === 'string' && x.length > '.json'.length && x.endsWith('.json');

const text = (legal: string) =>
  setting<string>(legal, (x) => typeof x === 'string' && x.length > 0);

const manifestSchema = z.strictObject({
  file: setting<string>('a path that ends in .json', isManifestPath, codes.manifest),
  whenMissing: text('a sentence').optional(),
});

/**
 * A manifest, named from the folder of the design. `whenMissing` is what a user reads who does not
 * have the file: how to make it.
 */
export function manifest(settings: ManifestSource): ManifestDraft {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('manifest', manifestSchema, settings, place);
  return draft('manifest', 'manifest', value, faults, place);
}

const isArchive = (x: unknown) => typeof x === 'string' && /\.(npz|safetensors)$/.test(x);
const arrayName = text('the name of an array in the file').optional();
const partSchema = z.strictObject({
  file: setting<string>('a path that ends in .npz or .safetensors', isArchive),
  pixels: arrayName,
  codes: arrayName,
  labels: arrayName,
});

/**
 * Sample images from files of arrays, in order: `pixels`, bytes `[images, height, width, channels]`,
 * or `codes` of the input, `[images, patches, patchSize]`; with `labels` where they are known.
 */
export function arrays(...parts: readonly ArrayPart[]): ArraysDraft {
  const place = captureCall()?.place;
  const faults = parts.flatMap((part) => {
    const read = readSettings('arrays', partSchema, part, place);
    const { value } = read;
    if (!value || (value.pixels === undefined) !== (value.codes === undefined)) return read.faults;
    const sentence = `${show(value.file)} was given with ${value.pixels ? 'both' : 'neither'} of pixels and codes.`;
    return [fault(codes.images, place, undefined, sentence, 'Give one of the two.')];
  });
  if (parts.length === 0) {
    const hint = 'Give at least one file.';
    faults.push(fault(codes.images, place, undefined, 'arrays() was given no file.', hint));
  }
  return draft('arrays', 'arrays', { kind: 'arrays', parts }, faults, place);
}
