import { z } from 'zod';
import { type Place, throwIfAny } from '../diagnostics/index.ts';
import type { IntegerDesign, ManifestSource, SampleSource } from './design.ts';
import { type Draft, freeze, isDraft } from './draft.ts';
import { codes } from './faults.ts';
import { type ArraysDraft, isManifestPath, legalManifest, type ManifestDraft } from './manifest.ts';
import { nameSchema } from './names.ts';
import { captureCall, relativePlace } from './place.ts';
import { readSettings, setting } from './settings.ts';
import type { ImagesDraft } from './sources.ts';
import { type TargetSettings, targetSchema } from './target.ts';
import type { Name } from './types/checks.ts';

export interface IntegerDesignSettings<
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
  /** The whole model as an integer graph: a path from the folder of the design, or `manifest()`. */
  manifest: string | ManifestDraft;
  /** Frames to simulate with: `arrays()`, or `noise()`. */
  images: ArraysDraft | ImagesDraft;
  target: TargetSettings<Fps, Clock, Inputs, Outputs, Vector, Tokens>;
}

const isNoise = (x: unknown) => isDraft('images', x) && x.from === 'noise';

const schema = z.strictObject({
  name: nameSchema,
  manifest: setting<string | ManifestDraft>(
    legalManifest,
    (x) => isManifestPath(x) || isDraft('manifest', x),
    codes.manifest,
  ),
  images: setting<ArraysDraft | ImagesDraft>(
    'arrays({ file, pixels }) or noise({ count, seed })',
    (x) => isDraft('arrays', x) || isNoise(x),
    codes.images,
  ),
  target: targetSchema,
});

/**
 * A design whose checkpoint is an integer graph already, operators and tables included: there is
 * nothing to describe and nothing to quantize. Throws `DiagnosticsError` with all the faults of its
 * settings (VT103 to VT116).
 */
export function integerDesign<
  const N extends string,
  const Fps extends number = number,
  const Clock extends number = number,
  const Inputs extends number = number,
  const Outputs extends number = number,
  const Vector extends number = number,
  const Tokens extends number = number,
>(settings: IntegerDesignSettings<N, Fps, Clock, Inputs, Outputs, Vector, Tokens>): IntegerDesign {
  const call = captureCall();
  const { value, good, faults } = readSettings('integerDesign', schema, settings, call?.place);
  const drafts: Record<string, Draft<string, unknown> | undefined> = {
    manifest: typeof good.manifest === 'string' ? undefined : good.manifest,
    images: good.images,
  };
  const place = (p: Place | undefined) => p && call && relativePlace(p, call.folder);
  const all = [...faults, ...Object.values(drafts).flatMap((draft) => draft?.faults ?? [])];
  throwIfAny(all.map((d) => ({ ...d, place: place(d.place) })));

  if (!value?.images.value) throw new Error('a part of the design has neither a value nor a fault');
  const places: Record<string, Place> = {};
  for (const [key, draft] of Object.entries(drafts)) {
    const at = place(draft?.place);
    if (at) places[key] = at;
  }
  const { name, target } = value;
  const images = value.images.value as SampleSource;
  const own = { place: place(call?.place), places };
  return freeze({
    kind: 'integerDesign',
    ...{ name, manifest: manifestOf(value.manifest), images, target },
    ...own,
  });
}

function manifestOf(manifest: string | ManifestDraft): ManifestSource {
  if (typeof manifest === 'string') return { file: manifest };
  if (!manifest.value) throw new Error('the manifest has neither a value nor a fault');
  return manifest.value;
}
