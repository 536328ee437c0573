import { statSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, DiagnosticsError, throwIfAny } from '../diagnostics/index.ts';
import type { Design, IntegerDesign } from './design.ts';
import { freeze } from './draft.ts';
import { evaluate } from './evaluate.ts';
import { describeFailure } from './failure.ts';
import { codes, fault, show } from './faults.ts';
import { openSources, type Sources } from './source-places.ts';

export interface LoadedDesign<D = Design> {
  readonly design: D;
  /** Absolute folder of the design file, from which the design names its own files. */
  readonly folder: string;
  /** Name of the design file in it: `mnist.vit.ts`. */
  readonly file: string;
}

/** A design of either kind. */
export type AnyDesign = Design | IntegerDesign;

/**
 * Loads the design that a TypeScript file exports as default. The file may lie anywhere; in it,
 * `vitrum` is this package. Throws `DiagnosticsError` with every fault that can be told at once
 * (VT120 to VT125 for the file, VT101 to VT116 for what it says), each at its line and column.
 */
export async function loadAnyDesign(designPath: string): Promise<LoadedDesign<AnyDesign>> {
  const absolute = path.resolve(designPath);
  const folder = path.dirname(absolute);
  const file = path.basename(absolute);
  throwIfAny(checkFile(designPath, absolute));
  const sources = openSources(folder);
  throwIfAny(
    sources
      .syntaxErrors(file)
      .map(({ message, place }) => fault(codes.syntax, place, undefined, message)),
  );
  const exported = await evaluate(absolute).catch((error: unknown) => {
    const own = diagnosticsOf(error);
    throw new DiagnosticsError(
      own?.map((d) => locate(d, sources)) ?? describeFailure(error, folder, file, sources),
    );
  });
  if (!isDesign(exported)) throw new DiagnosticsError([notADesign(exported, file)]);
  return { design: locateDesign(exported, sources), folder, file };
}

/** `loadAnyDesign` for a design of a float model; one of another kind is a fault (VT124). */
export async function loadDesign(designPath: string): Promise<LoadedDesign> {
  const { design, folder, file } = await loadAnyDesign(designPath);
  if (design.kind === 'design') return { design, folder, file };
  throw new DiagnosticsError([notADesign(design, file)]);
}

function checkFile(given: string, absolute: string): readonly Diagnostic[] {
  const found = statSync(absolute, { throwIfNoEntry: false });
  const hint = 'A design is a TypeScript file, such as my.vit.ts.';
  if (!found?.isFile()) {
    const message = found ? `${given} is not a file.` : `The design ${given} does not exist.`;
    return [{ code: codes.fileMissing, message, hint }];
  }
  if (/\.m?ts$/.test(absolute) && !/\.d\.m?ts$/.test(absolute)) return [];
  return [{ code: codes.notTypeScript, message: `${given} is not a TypeScript file.`, hint }];
}

/** Told by its fields: the design threw it with its own instance of the class. */
function diagnosticsOf(error: unknown): readonly Diagnostic[] | undefined {
  const isOurs = error instanceof Error && error.name === 'DiagnosticsError';
  return isOurs && 'diagnostics' in error ? (error.diagnostics as Diagnostic[]) : undefined;
}

const isDesign = (x: unknown): x is AnyDesign =>
  typeof x === 'object' &&
  x !== null &&
  'kind' in x &&
  (x.kind === 'design' || x.kind === 'integerDesign') &&
  'places' in x;

function notADesign(exported: unknown, file: string): Diagnostic {
  const message =
    exported === undefined
      ? 'The file has no default export.'
      : `The default export is ${show(exported)}, not a design.`;
  const hint = 'Write: export default design({ ... });';
  return fault(codes.noDesign, undefined, file, message, hint);
}

/** Moves a diagnostic from its call to the setting that its subject names. */
function locate(d: Diagnostic, sources: Sources): Diagnostic {
  if (!d.place) return d;
  const own = d.subject === undefined ? undefined : settingPlace(d.place, d.subject, sources);
  return { ...d, place: own ?? sources.callStart(d.place) };
}

/** The setting's own place, or that of the nearest setting around it. */
function settingPlace(call: NonNullable<Diagnostic['place']>, subject: string, sources: Sources) {
  const settings = sources.settings(call);
  for (let at = subject; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const place = settings.get(at);
    if (place) return place;
  }
  return undefined;
}

/** The design with the places of its single settings, and with every place at the start of a call. */
function locateDesign(design: AnyDesign, sources: Sources): AnyDesign {
  const start = (place: Design['place']) => place && sources.callStart(place);
  const places = { ...design.places };
  for (const [key, place] of Object.entries(design.places)) {
    places[key] = sources.callStart(place);
    for (const [name, at] of sources.settings(place)) places[`${key}.${name}`] = at;
  }
  const own = design.place ? sources.settings(design.place) : [];
  for (const [name, at] of own) places[name] = at;
  const located = { place: start(design.place), places };
  if (design.kind === 'integerDesign') return freeze({ ...design, ...located });
  const branches = design.model.branches.map((b) => ({ ...b, place: start(b.place) }));
  const model = { ...design.model, branches, place: start(design.model.place) };
  return freeze({ ...design, model, ...located });
}
