import { z } from 'zod';
import type { QuantSettings } from './design.ts';
import { type Draft, draft } from './draft.ts';
import { codes } from './faults.ts';
import { captureCall } from './place.ts';
import { readSettings, whole } from './settings.ts';
import type { Bits, ResidualBits } from './types/checks.ts';

export type QuantDraft = Draft<'quant', QuantSettings>;

export interface MinmaxSettings<W extends number, A extends number, R extends number> {
  /** Bits of weights, 2 to 8. */
  weights: Bits<'weights', W>;
  /** Bits of activations, 2 to 8. */
  activations: Bits<'activations', A>;
  /** Bits of the residual stream, 8 to 16; 16 unless given. */
  residual?: ResidualBits<R> | undefined;
}

const schema = z.strictObject({
  weights: whole(2, 8, codes.bits),
  activations: whole(2, 8, codes.bits),
  residual: whole(8, 16, codes.bits).optional(),
});

/**
 * Static post-training quantization by observed minimum and maximum: symmetric, weights per output
 * channel, activations per tensor.
 */
function minmax<const W extends number, const A extends number, const R extends number = number>(
  settings: MinmaxSettings<W, A, R>,
): QuantDraft {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('quant.minmax', schema, settings, place);
  const quant = value && { residual: 16, ...defined(value) };
  return draft('quant', 'quant.minmax', quant, faults, place);
}

/** Without `residual: undefined`, which would hide the default. */
function defined({ weights, activations, residual }: z.infer<typeof schema>) {
  return residual === undefined ? { weights, activations } : { weights, activations, residual };
}

/** Schemes of quantization. */
export const quant = Object.freeze({ minmax });
