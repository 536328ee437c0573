import { z } from 'zod';
import type { Place } from '../diagnostics/index.ts';
import type { QuantSettings } from './design.ts';
import { type Draft, draft } from './draft.ts';
import { codes, fault, list, show } from './faults.ts';
import { layersSchema } from './layer-bits.ts';
import { captureCall } from './place.ts';
import {
  type PresetName,
  presetMethod,
  presetNames,
  presets,
  type WholeTensorPreset,
} from './presets.ts';
import { type MethodChoices, methodOf } from './quant-choices.ts';
import { checkSteps, groupField, methodFields } from './quant-fields.ts';
import { readSettings, setting, whole } from './settings.ts';
import type { Bits, ResidualBits } from './types/checks.ts';
import type { AnyLayers, CheckedLayers } from './types/layers.ts';

export type QuantDraft = Draft<'quant', QuantSettings>;

export interface BitSettings<
  W extends number,
  A extends number,
  R extends number,
  E extends number = number,
  L extends AnyLayers = AnyLayers,
> {
  /** Bits of weights, 2 to 8. */
  weights: Bits<'weights', W>;
  /** Bits of activations, 2 to 8. */
  activations: Bits<'activations', A>;
  /** Bits of the residual stream, 8 to 16; 16 unless given. */
  residual?: ResidualBits<R> | undefined;
  /** Bits of the image, of what the head reads, and of the weights of the first and the last layer. */
  ends?: Bits<'ends', E> | undefined;
  /**
   * Bits of single layers, by the names of `vitrum accuracy`: of a layer's weights, and of the
   * activations that it writes. `{ 'block0.mlp.linear0': { weights: 4 } }`
   */
  layers?: (L & CheckedLayers<L>) | undefined;
}

export type MinmaxSettings<
  W extends number,
  A extends number,
  R extends number,
  L extends AnyLayers = AnyLayers,
> = Omit<BitSettings<W, A, R, number, L>, 'ends'>;

const minmaxFields = {
  weights: whole(2, 8, codes.bits),
  activations: whole(2, 8, codes.bits),
  residual: whole(8, 16, codes.bits).optional(),
};
const onnxSchema = z.strictObject(minmaxFields).partial();
const minmaxSchema = z.strictObject({ ...minmaxFields, layers: layersSchema });
const bitFields = { ...minmaxSchema.shape, ends: whole(2, 8, codes.bits).optional() };
const presetSchema = z.strictObject({ ...bitFields, group: groupField });
const choiceSchema = z.strictObject({ ...bitFields, ...methodFields });

/**
 * Static post-training quantization by methods chosen slot by slot; what is left out is that of
 * plain min-max. Docs/quantization.md explains each.
 */
function compose<
  const W extends number,
  const A extends number,
  const R extends number = number,
  const E extends number = number,
  const L extends AnyLayers = AnyLayers,
>(settings: BitSettings<W, A, R, E, L> & MethodChoices): QuantDraft {
  const place = captureCall()?.place;
  const { value, good, faults } = readSettings('quant', choiceSchema, settings, place);
  const excluded = checkSteps(good as Partial<MethodChoices>, place);
  const legal = excluded.length === 0 ? value : undefined;
  const quant = legal && { ...bitsOf(legal), method: methodOf(legal as MethodChoices) };
  return draft('quant', 'quant', quant, [...faults, ...excluded], place);
}

/**
 * Static post-training quantization by observed minimum and maximum: symmetric, weights per output
 * channel, activations per tensor.
 */
function minmax<
  const W extends number,
  const A extends number,
  const R extends number = number,
  const L extends AnyLayers = AnyLayers,
>(settings: MinmaxSettings<W, A, R, L>): QuantDraft {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('quant.minmax', minmaxSchema, settings, place);
  return draft('quant', 'quant.minmax', value && bitsOf(value), faults, place);
}

const legalName = setting<PresetName>(list(presetNames.map(show), 'or'), (v) =>
  presetNames.some((name) => name === v),
);
const nameSchema = z.strictObject({ name: legalName });

/** Steps for groups of inputs, where the preset has not one for all weights of a layer. */
type GroupSetting<N> = N extends WholeTensorPreset
  ? { group?: undefined }
  : {
      /** Inputs of an output channel that share a step; all of them unless given. */
      group?: number | undefined;
    };

/** The composition of a paper, by its name; `vitrum quantize --list` prints them all. */
function preset<
  const N extends PresetName,
  const W extends number,
  const A extends number,
  const R extends number = number,
  const E extends number = number,
  const L extends AnyLayers = AnyLayers,
>(name: N, settings: BitSettings<W, A, R, E, L> & GroupSetting<N>): QuantDraft {
  const place = captureCall()?.place;
  const named = readSettings('quant.preset', nameSchema, { name }, place);
  const { value, faults } = readSettings('quant.preset', presetSchema, settings, place);
  const excluded = checkGroup(named.value?.name, value?.group, place);
  const legal = excluded.length === 0 && value && named.value;
  const quant = legal ? { ...bitsOf(value), method: presetMethod(name, value.group) } : undefined;
  return draft('quant', 'quant.preset', quant, [...named.faults, ...faults, ...excluded], place);
}

/** VT103 of groups beside a preset that has one step for all weights; the types say the same. */
function checkGroup(name: PresetName | undefined, group: number | undefined, place?: Place) {
  if (!name || group === undefined) return [];
  if (presets[name].method.weight.granularity !== 'tensor') return [];
  const message = `group is ${group}, and "${name}" has one step for all weights of a layer.`;
  return [fault(codes.value, place, 'group', message, 'Leave it out, or take another preset.')];
}

/** Without `residual: undefined`, which would hide the default. */
function bitsOf({ weights, activations, residual, ends, layers }: z.infer<typeof presetSchema>) {
  return {
    ...{ residual: residual ?? 16, weights, activations },
    ...(ends !== undefined && { ends }),
    ...(layers !== undefined && { layers }),
  };
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
>(settings: Partial<Omit<MinmaxSettings<W, A, R>, 'layers'>> = {}): QuantDraft {
  const place = captureCall()?.place;
  const { value, faults } = readSettings('quant.onnx', onnxSchema, settings, place);
  const { weights = 8, activations = 8, residual = 16 } = value ?? {};
  const quant = value && ({ weights, activations, residual, fromFile: true } as const);
  return draft('quant', 'quant.onnx', quant, faults, place);
}

/** Schemes of quantization: chosen slot by slot, plain, by the name of a paper, or that of the file. */
export const quant = Object.freeze(Object.assign(compose, { minmax, preset, onnx: fromOnnx }));
