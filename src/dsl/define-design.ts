import { z } from 'zod';
import { type Diagnostic, formatDiagnostic, type Place, throwIfAny } from '../diagnostics/index.ts';
import type { Branch, Model } from '../model/index.ts';
import type { Design, ImageSource, QuantSettings, WeightSource } from './design.ts';
import { type Draft, freeze, isDraft } from './draft.ts';
import { codes } from './faults.ts';
import { checkLayers } from './layer-bits.ts';
import type { ModelDraft } from './model-settings.ts';
import { nameSchema } from './names.ts';
import { captureCall, relativePlace } from './place.ts';
import type { QuantDraft } from './quant.ts';
import { readSettings, setting } from './settings.ts';
import { type ImagesDraft, isOnnxPath, legalWeights, type WeightsDraft } from './sources.ts';
import { type TargetSettings, targetSchema } from './target.ts';
import type { Name } from './types/checks.ts';

export interface DesignSettings<
  N extends string,
  Fps extends number,
  Clock extends number,
  Inputs extends number,
  Outputs extends number,
  Vector extends number,
  Tokens extends number,
> {
  /** Of the design and of everything that is generated from it. */
  name: Name<N>;
  model: ModelDraft;
  /** A float ONNX file, named from the folder of the design, or `random({ seed })`. */
  weights: string | WeightsDraft;
  quant: QuantDraft;
  /** Images whose activations give the ranges to quantize by. */
  calibration: ImagesDraft;
  target: TargetSettings<Fps, Clock, Inputs, Outputs, Vector, Tokens>;
}

const legalModel = 'vit({ ... }), deit.tiny({ ... }) or encoder({ ... }, [...])';
const legalImages = 'folder({ path, count }), mnist({ count }) or noise({ count, seed })';

const schema = z.strictObject({
  name: nameSchema,
  model: setting<ModelDraft>(legalModel, (v) => isDraft('model', v)),
  weights: setting<string | WeightsDraft>(
    legalWeights,
    (v) => isOnnxPath(v) || isDraft('weights', v),
    codes.weights,
  ),
  quant: setting<QuantDraft>(
    'quant({ ... }), quant.minmax({ ... }), quant.preset(name, { ... }) or quant.onnx()',
    (v) => isDraft('quant', v),
  ),
  calibration: setting<ImagesDraft>(legalImages, (v) => isDraft('images', v)),
  target: targetSchema,
});

/**
 * A whole design, frozen. Throws `DiagnosticsError` with all the faults of its settings and of
 * every DSL call in it (VT101 to VT114).
 */
export function design<
  const N extends string,
  const Fps extends number = number,
  const Clock extends number = number,
  const Inputs extends number = number,
  const Outputs extends number = number,
  const Vector extends number = number,
  const Tokens extends number = number,
>(settings: DesignSettings<N, Fps, Clock, Inputs, Outputs, Vector, Tokens>): Design {
  const call = captureCall();
  const { value, good, faults } = readSettings('design', schema, settings, call?.place);
  const parts = partsOf(good);
  const place = (p: Place | undefined) => p && call && relativePlace(p, call.folder);
  const found = [...faults, ...parts.flatMap((part) => part.faults), ...layerFaults(good)];
  throwIfAny(unique(found.map(moved)));

  if (!value?.model.value || !value.quant.value || !value.calibration.value) {
    throw new Error('a part of the design has neither a value nor a fault');
  }
  const { name, weights, quant, calibration, target } = value;
  return freeze({
    kind: 'design',
    name,
    model: placeModel(name, value.model.value, place),
    weights: sourceOf(weights),
    quant: quant.value as QuantSettings,
    calibration: calibration.value as ImageSource,
    target,
    place: place(call?.place),
    places: placesOf(good, place),
  });

  function moved(d: Diagnostic): Diagnostic {
    return { ...d, place: place(d.place) };
  }
}

type Parts = Partial<z.infer<typeof schema>>;
type PlaceMap = (place: Place | undefined) => Place | undefined;

/** The DSL calls that a design is made of. */
function partsOf({ model, weights, quant, calibration }: Parts) {
  const own = typeof weights === 'string' ? undefined : weights;
  return [model, own, quant, calibration].filter((part) => part !== undefined);
}

/** Of bits for single layers, where both the model and they are known. */
function layerFaults({ model, quant }: Parts): readonly Diagnostic[] {
  if (!model?.value || !quant?.value) return [];
  return checkLayers(quant.value.layers, model.value, quant.place);
}

/** One part used twice has its faults said once. */
function unique(faults: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(faults.map((d) => [`${formatDiagnostic(d)} ${d.subject}`, d])).values()];
}

function sourceOf(weights: string | WeightsDraft): WeightSource {
  if (typeof weights === 'string') return { kind: 'onnx', file: weights };
  if (!weights.value) throw new Error('the weights have neither a value nor a fault');
  return weights.value;
}

/** The model under the design's name, with places named from the design's folder. */
function placeModel(name: string, model: Omit<Model, 'name'>, place: PlaceMap): Model {
  const branches = model.branches.map((b): Branch => ({ ...b, place: place(b.place) }));
  return { name, ...model, branches, place: place(model.place) };
}

/** Places of the calls that the settings were given by; the loader adds the single settings. */
function placesOf(parts: Parts, place: PlaceMap): Design['places'] {
  const places: Record<string, Place> = {};
  for (const key of ['model', 'weights', 'quant', 'calibration'] as const) {
    const part: string | Draft<string, unknown> | undefined = parts[key];
    const at = typeof part === 'object' ? place(part.place) : undefined;
    if (at) places[key] = at;
  }
  return places;
}
