import { z } from 'zod';
import type { ModelDraft } from './model-settings.ts';
import { modelFields } from './model-settings.ts';
import { captureCall } from './place.ts';
import { readSettings } from './settings.ts';
import type { Count, ImageSides, ImageSize, Patch, PerChannel } from './types/checks.ts';
import { describeVit } from './vit.ts';

/** Settings of `deit.tiny` and its sisters; the rest of the structure is the published one. */
export interface DeitSettings<
  Image extends ImageSides,
  PatchSide extends number,
  Classes extends number,
  Mean extends readonly number[],
  Std extends readonly number[],
> {
  /** Side of the square image of 3 channels, or `[height, width]`, in pixels; 224 unless given. */
  image?: ImageSize<Image> | undefined;
  /** Side of a square patch; 16 unless given. */
  patch?: Patch<PatchSide, Image> | undefined;
  /** 1000 unless given. */
  classes?: Count<'classes', Classes> | undefined;
  /** `distilled` for the models with a distillation token; `class` unless given. */
  pooling?: 'class' | 'mean' | 'distilled' | undefined;
  /** 2 for a model with a distillation token of which only the class token is read. */
  leading?: number | undefined;
  /** ImageNet's unless given. */
  mean?: PerChannel<'mean', Mean, 3> | undefined;
  std?: PerChannel<'std', Std, 3> | undefined;
  epsilon?: number | undefined;
}

const schema = z.strictObject({
  image: modelFields.image.optional(),
  patch: modelFields.patch.optional(),
  classes: modelFields.classes.optional(),
  pooling: modelFields.pooling,
  leading: modelFields.leading,
  mean: modelFields.mean,
  std: modelFields.std,
  epsilon: modelFields.epsilon,
});

/** Mean and standard deviation of ImageNet's pixels, as timm and torchvision state them. */
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

interface Size {
  readonly width: number;
  readonly heads: number;
}

function deitOfSize(from: string, { width, heads }: Size) {
  return function deit<
    const Image extends ImageSides = 224,
    const PatchSide extends number = 16,
    const Classes extends number = 1000,
    const Mean extends readonly number[] = readonly number[],
    const Std extends readonly number[] = readonly number[],
  >(settings: DeitSettings<Image, PatchSide, Classes, Mean, Std> = {}): ModelDraft {
    const call = captureCall();
    const { value, good, faults } = readSettings(from, schema, settings, call?.place);
    const published = { image: 224, patch: 16, classes: 1000, ...imageNet };
    const structure = { channels: 3, width, heads, depth: 12, mlp: 4 * width };
    const model = describeVit(from, { ...published, ...defined(good), ...structure }, call);
    return value ? model : { ...model, value: undefined, faults: [...faults, ...model.faults] };
  };
}

/** Without the settings that were given as `undefined`, so that these do not hide a default. */
function defined<T extends object>(settings: T): Partial<T> {
  const entries = Object.entries(settings).filter(
    ([key, v]) => v !== undefined && key in schema.shape,
  );
  return Object.fromEntries(entries) as Partial<T>;
}

/**
 * The models of Touvron et al., "Training data-efficient image transformers & distillation through
 * attention" (2021), table 1: 12 blocks, an MLP of 4 times the width, heads of 64 channels.
 */
export const deit = Object.freeze({
  tiny: deitOfSize('deit.tiny', { width: 192, heads: 3 }),
  small: deitOfSize('deit.small', { width: 384, heads: 6 }),
  base: deitOfSize('deit.base', { width: 768, heads: 12 }),
});
