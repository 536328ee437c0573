import { z } from 'zod';
import { nearest } from '../boards/nearest.ts';
import type { Diagnostic, Place } from '../diagnostics/index.ts';
import { layerNames, type Model } from '../model/index.ts';
import type { LayerBits } from './design.ts';
import { codes, fault, list, show } from './faults.ts';
import { whole } from './settings.ts';

/** The setting `layers`: which names a model has is checked when it is known. */
export const layersSchema = z
  .record(
    z.string(),
    z.strictObject({
      weights: whole(2, 8, codes.bits).optional(),
      activations: whole(2, 8, codes.bits).optional(),
    }),
  )
  .optional();

/** Faults of bits for layers that the model does not have, or that have nothing of the kind (VT117). */
export function checkLayers(
  layers: LayerBits | undefined,
  model: Omit<Model, 'name'>,
  place: Place | undefined,
): readonly Diagnostic[] {
  const names = layerNames({ ...model, name: '' });
  const known = [...new Set([...names.weights, ...names.activations])];
  return Object.entries(layers ?? {}).flatMap(([name, bits]) => {
    if (!known.includes(name)) return [unknownLayer(name, known, place)];
    const wrong = (['weights', 'activations'] as const).filter(
      (kind) => bits[kind] !== undefined && !names[kind].includes(name),
    );
    return wrong.map((kind) => withoutThem(name, kind, place));
  });
}

function unknownLayer(name: string, known: readonly string[], place: Place | undefined) {
  const meant = nearest(name, known);
  const hint = meant ? `Did you mean ${meant}?` : `Known are ${list(shortened(known))}.`;
  const message = `Bits are given for ${show(name)}, and the model has no such layer.`;
  return fault(codes.layer, place, `layers.${name}`, message, hint);
}

/** The names of the first block stand for those of the others. */
function shortened(known: readonly string[]): readonly string[] {
  return known.filter((name) => !name.startsWith('block') || name.startsWith('block0.'));
}

function withoutThem(name: string, kind: 'weights' | 'activations', place: Place | undefined) {
  const [message, hint] =
    kind === 'weights'
      ? [`Bits of weights are given for ${name}, which has none.`, 'Legal is activations alone.']
      : [
          `Bits of activations are given for ${name}, which writes the residual stream or the logits.`,
          'Legal is weights alone; residual is for the whole stream.',
        ];
  return fault(codes.layer, place, `layers.${name}.${kind}`, message, hint);
}
