import { readFileSync, statSync } from 'node:fs';
import { relative, sep } from 'node:path';
import {
  type Diagnostic,
  DiagnosticsError,
  type Place,
  throwIfAny,
} from '../../diagnostics/index.ts';
import { findPlaces, pathName } from './places.ts';
import { type ManifestFile, manifestSchema } from './schema.ts';

/** Tensors belong into files of their own; a manifest with large lists inside is still far smaller. */
const MAX_FILE_BYTES = 2 ** 26;

/** Collects faults of a manifest, each at the line and column of a JSON path. */
export interface ManifestReporter {
  add(code: Diagnostic['code'], path: readonly PropertyKey[], text: string, hint?: string): void;
  /** Throws the faults, when there are any, in the order of their places. */
  throwIfAny(): void;
  /** Where a value stands in the manifest. */
  place(path: readonly PropertyKey[]): Place;
}

export interface ReadManifestResult {
  readonly manifest: ManifestFile;
  readonly report: ManifestReporter;
}

/**
 * Reads a manifest and checks its form. Throws `DiagnosticsError`: VT201 the file is missing, VT209
 * it is too large, VT231 it is no JSON, VT232 one for each field that is missing, unknown or wrong.
 *
 * @param folder folder of the design, from which places name the file
 * @param missing what a user can do who does not have the file
 * @param place where the design names the manifest
 */
export function readManifestFile(
  path: string,
  folder: string,
  missing: string | undefined,
  place: Place | undefined,
): ReadManifestResult {
  const file = relative(folder, path).split(sep).join('/');
  const text = readText(path, file, missing, place);
  const json = parse(text, file, place);
  const find = findPlaces(text);
  const faults: Diagnostic[] = [];
  const report: ManifestReporter = {
    throwIfAny: () => throwIfAny(faults.toSorted(byPlace)),
    place: (at) => Object.freeze({ file, ...find(pathName(at)) }),
    add(code, at, sentence, hint) {
      const subject = pathName(at);
      const message = subject ? `${subject}: ${sentence}` : sentence;
      faults.push({ code, message, subject, place: report.place(at), hint });
    },
  };
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return { manifest: parsed.data, report };
  for (const issue of parsed.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        report.add('VT232', [...issue.path, key], 'there is no such field.');
      continue;
    }
    const value = valueAt(json, issue.path);
    const what = value === undefined ? 'the field is missing.' : `it is ${show(value)}.`;
    report.add('VT232', issue.path, what, issue.message);
  }
  report.throwIfAny();
  throw new Error('a manifest at fault has no fault');
}

function byPlace({ place: a }: Diagnostic, { place: b }: Diagnostic): number {
  return a && b ? a.line - b.line || a.column - b.column : 0;
}

function readText(
  path: string,
  file: string,
  missing: string | undefined,
  place: Place | undefined,
): string {
  const fail = (code: Diagnostic['code'], message: string, hint?: string): never => {
    throw new DiagnosticsError([{ code, message, subject: file, place, hint }]);
  };
  try {
    const { size } = statSync(path);
    if (size <= MAX_FILE_BYTES) return readFileSync(path, 'utf8');
  } catch {
    return fail('VT201', `The manifest '${file}' does not exist or cannot be read.`, missing);
  }
  const hint = 'Put the tensors into .npz files.';
  return fail('VT209', `The manifest '${file}' is larger than ${MAX_FILE_BYTES} bytes.`, hint);
}

function parse(text: string, file: string, place: Place | undefined): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The manifest '${file}' is not JSON: ${why}.`;
    throwIfAny([{ code: 'VT231', message, subject: file, place }]);
  }
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    json,
  );
}

function show(value: unknown): string {
  // Whatever is nested stays out, to any depth.
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
