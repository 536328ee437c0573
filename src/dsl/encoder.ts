import { z } from 'zod';
import type { Diagnostic, Place } from '../diagnostics/index.ts';
import type { Branch } from '../model/index.ts';
import { codes, fault, show } from './faults.ts';
import {
  checkHeads,
  checkModelSettings,
  limits,
  type ModelDraft,
  modelDraft,
  modelFields,
} from './model-settings.ts';
import { captureCall } from './place.ts';
import { readSettings } from './settings.ts';
import type { Blocks, Residual } from './types/branch.ts';
import type { Count, ImageSides, ImageSize, Patch, PerChannel } from './types/checks.ts';

/** Settings of `encoder`, as those of `vit` without what its blocks say. */
export interface EncoderSettings<
  Image extends ImageSides,
  Channels extends number,
  PatchSide extends number,
  Width extends number,
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
  /** Channels of a token, which every residual keeps. */
  width: Count<'width', Width>;
  classes: Count<'classes', Classes>;
  pooling?: 'class' | 'mean' | 'distilled' | undefined;
  /** Learned tokens before the patches, when there are more than the pooling reads. */
  leading?: number | undefined;
  /** LayerNorm before each branch (unless given), or behind each sum. */
  norm?: 'pre' | 'post' | undefined;
  /** Whether the embedding has a LayerNorm of its own, before the first branch; not unless given. */
  embeddingNorm?: boolean | undefined;
  /** The last LayerNorm: of what is pooled (unless given), of all tokens before that, or none. */
  finalNorm?: 'pooled' | 'tokens' | 'none' | undefined;
  mean?: PerChannel<'mean', Mean, Channels> | undefined;
  std?: PerChannel<'std', Std, Channels> | undefined;
  epsilon?: number | undefined;
}

const schema = z.strictObject(modelFields);

/**
 * An encoder of blocks composed by hand: patch and position embedding, the residuals in order, a
 * last LayerNorm, a linear head. Throws nothing: faults are thrown by `design()`.
 */
export function encoder<
  const Image extends ImageSides,
  const PatchSide extends number,
  const Width extends number,
  const Classes extends number,
  const B extends readonly Residual[],
  const Channels extends number = 3,
  const Mean extends readonly number[] = readonly number[],
  const Std extends readonly number[] = readonly number[],
>(
  settings: EncoderSettings<Image, Channels, PatchSide, Width, Classes, Mean, Std>,
  blocks: Blocks<B, Width>,
): ModelDraft {
  const place = captureCall()?.place;
  const { value, good, faults: wrong } = readSettings('encoder', schema, settings, place);
  const faults: Diagnostic[] = [...wrong, ...checkModelSettings(good, place)];
  const residuals = readBlocks(blocks, place, faults);
  for (const block of residuals) {
    faults.push(...block.faults);
    if (good.width !== undefined && block.faults.length === 0) {
      faults.push(...checkWidth(block, good.width));
    }
  }
  return modelDraft('encoder', value, nameBranches(residuals), faults, place);
}

function readBlocks(raw: unknown, place: Place | undefined, faults: Diagnostic[]): Residual[] {
  if (!Array.isArray(raw)) {
    const message = `The blocks of encoder() are ${show(raw)}.`;
    faults.push(fault(codes.value, place, undefined, message, 'Legal is a list of residual(...).'));
    return [];
  }
  if (raw.length === 0 || raw.length > limits.branches) {
    const code = raw.length === 0 ? codes.noBlocks : codes.tooLarge;
    const hint = `1 to ${limits.branches} residuals are legal.`;
    faults.push(fault(code, place, undefined, `The encoder has ${raw.length} blocks.`, hint));
  }
  return raw.filter((block: unknown, i): block is Residual => {
    if (isResidual(block)) return true;
    const message = `Block ${i} of encoder() is ${show(block)}.`;
    faults.push(fault(codes.value, place, undefined, message, 'Legal is residual(...).'));
    return false;
  });
}

const isResidual = (x: unknown): x is Residual =>
  typeof x === 'object' && x !== null && 'kind' in x && x.kind === 'residual';

function checkWidth(block: Residual, width: number): readonly Diagnostic[] {
  if (block.branch === 'attention') {
    // Heads of a stated width need not divide the width of the tokens.
    return block.headWidth ? [] : checkHeads(block.heads, width, block.shapePlace);
  }
  if (block.width === width) return [];
  const message = `A branch ends in ${block.width} channels, but the width is ${width}.`;
  const hint = `Its last layer must be linear(${width}).`;
  return [fault(codes.branchWidth, block.shapePlace, undefined, message, hint)];
}

/**
 * A block is at most one attention branch followed by at most one feed-forward branch, so that an
 * encoder of the usual alternation is named as `vit` names it, and no name is taken twice.
 */
function nameBranches(residuals: readonly Residual[]): readonly Branch[] {
  let block = -1;
  let open = false;
  return residuals.map((residual) => {
    const { place } = residual;
    if (residual.branch === 'attention') {
      block += 1;
      open = true;
      const { heads, headWidth } = residual;
      const own = headWidth ? { inner: heads * headWidth } : {};
      return { kind: 'attention', name: `block${block}.attention`, heads, ...own, place };
    }
    if (!open) block += 1;
    open = false;
    return { kind: 'feedForward', name: `block${block}.mlp`, layers: residual.layers, place };
  });
}
