import { z } from 'zod';
import { freeze } from './draft.ts';
import { codes, fault, show } from './faults.ts';
import { limits } from './model-settings.ts';
import { captureCall } from './place.ts';
import { readSettings, whole } from './settings.ts';
import type { Activation, Attention, LayerNorm, Linear } from './types/branch.ts';
import type { Count } from './types/checks.ts';

/** The LayerNorm that a branch begins with; its epsilon is the encoder's. */
export function layerNorm(): LayerNorm {
  return freeze({ kind: 'layerNorm', from: 'layerNorm', faults: [], place: captureCall()?.place });
}

const attentionSchema = z.strictObject({
  heads: whole(1, limits.width),
  headWidth: whole(1, limits.width).optional(),
});

/** Multi-head self-attention: query, key and value projections, softmax, output projection. */
export function attention<const H extends number>(settings: {
  /** Divides the width of the encoder. */
  heads: Count<'heads', H>;
  headWidth?: undefined;
}): Attention<H>;
export function attention(settings: {
  heads: number;
  /** Channels of a head; the heads then need not divide the width. */
  headWidth: number;
}): Attention<number>;
export function attention(settings: {
  heads: number | string;
  headWidth?: number | undefined;
}): Attention<number> {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('attention', attentionSchema, settings, place);
  const { heads = 1, headWidth } = value ?? {};
  return freeze({ kind: 'attention', from: 'attention', heads, headWidth, faults, place });
}

/** A linear layer with bias to `width` channels, in `[tokens, inputs]`, out `[tokens, width]`. */
export function linear<const W extends number>(width: Count<'width', W>): Linear<W> {
  const place = captureCall()?.place;
  const given: unknown = width;
  const high = 4 * limits.width;
  const legal = Number.isInteger(given) && Number(given) >= 1 && Number(given) <= high;
  const hint = `Legal is a whole number from 1 to ${high}.`;
  const faults = legal
    ? []
    : [fault(codes.value, place, undefined, `The width of linear() is ${show(given)}.`, hint)];
  return freeze({ kind: 'linear', from: 'linear', width: Number(given) as W, faults, place });
}

/** The activation of the linear layer before it. */
export function gelu(): Activation<'gelu'> {
  const place = captureCall()?.place;
  return freeze({ kind: 'activation', from: 'gelu', activation: 'gelu', faults: [], place });
}

/** The activation of the linear layer before it. */
export function relu(): Activation<'relu'> {
  const place = captureCall()?.place;
  return freeze({ kind: 'activation', from: 'relu', activation: 'relu', faults: [], place });
}
