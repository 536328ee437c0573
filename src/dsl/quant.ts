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

/**
 * The quantization that the weights file has already: ONNX with QDQ pairs, or QONNX. Its weights keep
 * their integers and its tensors their scales and zero points. The bits are for what the file
 * leaves in floats, 8 unless given, and for the residual stream, 16 unless given.
 */
function fromOnnx<
  const W extends number = number,
  const A extends number = number,
  const R extends number = number,
>(settings: Partial<MinmaxSettings<W, A, R>> = {}): QuantDraft {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('quant.onnx', schema.partial(), settings, place);
  const { weights = 8, activations = 8, residual = 16 } = value ?? {};
  const quant = value && ({ weights, activations, residual, fromFile: true } as const);
  return draft('quant', 'quant.onnx', quant, faults, place);
}

/** Schemes of quantization. */
export const quant = Object.freeze({ minmax, onnx: fromOnnx });
