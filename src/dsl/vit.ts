import { z } from 'zod';
import type { Branch } from '../model/index.ts';
import { codes, fault } from './faults.ts';
import {
  checkHeads,
  checkModelSettings,
  limits,
  type ModelDraft,
  modelDraft,
  modelFields,
} from './model-settings.ts';
import { type Call, captureCall } from './place.ts';
import { oneOf, readSettings, setting, whole } from './settings.ts';
import type {
  Count,
  Depth,
  Heads,
  ImageSides,
  ImageSize,
  Patch,
  PerChannel,
} from './types/checks.ts';

/** Settings of `vit`; each literal is checked against the others when the design is compiled. */
export interface VitSettings<
  Image extends ImageSides,
  Channels extends number,
  PatchSide extends number,
  Width extends number,
  Blocks extends number,
  HeadCount extends number,
  Hidden extends number,
  Classes extends number,
  Mean extends readonly number[],
  Std extends readonly number[],
> {
  /** Side of the square image, or `[height, width]`, in pixels. */
  image: ImageSize<Image>;
  /** Channels of a pixel; 3 unless given. */
  channels?: Count<'channels', Channels> | undefined;
  /** Side of a square patch, in pixels; divides both sides of the image. */
  patch: Patch<PatchSide, Image>;
  /** Channels of a token (the embedding dimension). */
  width: Count<'width', Width>;
  /** Number of encoder blocks, each an attention and an MLP branch. */
  depth: Depth<Blocks>;
  /** Attention heads of each block; divides the width. */
  heads: Heads<HeadCount, Width>;
  /** Hidden channels of the MLP; 4 times the width unless given. */
  mlp?: Count<'mlp', Hidden> | undefined;
  classes: Count<'classes', Classes>;
  /**
   * What the head reads: a learned class token (unless given), the mean of the patches, or a class
   * and a distillation token with a head each, whose logits are averaged.
   */
  pooling?: 'class' | 'mean' | 'distilled' | undefined;
  /** Learned tokens before the patches, when there are more than the pooling reads. */
  leading?: number | undefined;
  /** LayerNorm before each branch (unless given), or behind each sum. */
  norm?: 'pre' | 'post' | undefined;
  /** Whether the embedding has a LayerNorm of its own, before the first branch; not unless given. */
  embeddingNorm?: boolean | undefined;
  /** The last LayerNorm: of what is pooled (unless given), of all tokens before that, or none. */
  finalNorm?: 'pooled' | 'tokens' | 'none' | undefined;
  /** Of the MLP; `gelu` unless given. */
  activation?: 'gelu' | 'relu' | undefined;
  /** Per channel, of pixels in 0..1: the network sees `(pixel / 255 - mean) / std`; 0 unless given. */
  mean?: PerChannel<'mean', Mean, Channels> | undefined;
  /** 1 unless given. */
  std?: PerChannel<'std', Std, Channels> | undefined;
  /** Of every LayerNorm; 1e-6 unless given. */
  epsilon?: number | undefined;
}

/** 0 passes here, for it has a diagnostic of its own. */
const isDepth = (v: unknown) => Number.isInteger(v) && Number(v) >= 0 && Number(v) <= limits.depth;

const schema = z.strictObject({
  ...modelFields,
  depth: setting<number>(`a whole number from 1 to ${limits.depth}`, isDepth),
  heads: whole(1, limits.width),
  mlp: whole(1, 4 * limits.width).optional(),
  activation: oneOf('gelu', 'relu').optional(),
});

/**
 * A Vision Transformer of DeiT's structure: patch embedding, position embedding, `depth` blocks of
 * `x + attention(layerNorm(x))` and `x + mlp(layerNorm(x))`, a last LayerNorm, a linear head.
 * Throws nothing: faults are thrown by `design()`, all at once.
 */
export function vit<
  const Image extends ImageSides,
  const PatchSide extends number,
  const Width extends number,
  const Blocks extends number,
  const HeadCount extends number,
  const Classes extends number,
  const Channels extends number = 3,
  const Hidden extends number = number,
  const Mean extends readonly number[] = readonly number[],
  const Std extends readonly number[] = readonly number[],
>(
  settings: VitSettings<
    Image,
    Channels,
    PatchSide,
    Width,
    Blocks,
    HeadCount,
    Hidden,
    Classes,
    Mean,
    Std
  >,
): ModelDraft {
  return describeVit('vit', settings, captureCall());
}

/** `vit` under another name (`deit.tiny`), with settings of any origin. */
export function describeVit(from: string, raw: unknown, call: Call | undefined): ModelDraft {
  const place = call?.place;
  const { value, good, faults: wrong } = readSettings(from, schema, raw, place);
  const faults = [...wrong, ...checkModelSettings(good, place)];
  if (good.heads !== undefined && good.width !== undefined) {
    faults.push(...checkHeads(good.heads, good.width, place));
  }
  if (good.depth === 0) {
    const hint = `1 to ${limits.depth} are legal.`;
    faults.push(fault(codes.noBlocks, place, 'depth', 'The model has 0 blocks.', hint));
  }
  if (!value) return modelDraft(from, undefined, [], faults, place);
  const { depth, heads, width, mlp = 4 * width, activation = 'gelu' } = value;
  const branches = Array.from({ length: depth }, (_, i): readonly Branch[] => [
    { kind: 'attention', name: `block${i}.attention`, heads, place },
    {
      kind: 'feedForward',
      name: `block${i}.mlp`,
      layers: [
        { width: mlp, activation },
        { width, activation: 'none' },
      ],
      place,
    },
  ]).flat();
  return modelDraft(from, value, branches, faults, place);
}
