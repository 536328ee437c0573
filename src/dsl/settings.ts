import { z } from 'zod';
import { nearest } from '../boards/nearest.ts';
import type { Diagnostic, Place } from '../diagnostics/index.ts';
import { codes, type FaultCode, fault, list, show } from './faults.ts';

/** What a check leaves in zod's issue, for `faultOf` to write the diagnostic from. */
interface IssueNote {
  /** Overrides the code for an illegal value. */
  readonly code?: FaultCode;
  /** Overrides the sentence; the issue's own message is then the hint. */
  readonly sentence?: string;
}

/** A setting that is legal where `test` holds; `legal` completes "Legal is ...". */
export function setting<T>(
  legal: string,
  test: (value: unknown) => boolean,
  code: FaultCode = codes.value,
) {
  const params: IssueNote = { code };
  return z.custom<T>(test, { error: `Legal is ${legal}.`, params: { ...params } });
}

/** A whole number from `low` to `high`. */
export function whole(low: number, high: number, code?: FaultCode) {
  const test = (v: unknown) => Number.isInteger(v) && Number(v) >= low && Number(v) <= high;
  return setting<number>(`a whole number from ${low} to ${high}`, test, code);
}

/** A finite number above 0, up to `high`. */
export function positive(high: number) {
  const test = (v: unknown) => typeof v === 'number' && v > 0 && v <= high;
  return setting<number>(`a number above 0, up to ${high}`, test);
}

export function oneOf<const W extends string>(...words: readonly W[]) {
  const test = (v: unknown) => words.some((word) => word === v);
  return setting<W>(list(words.map(show), 'or'), test);
}

/** Lets a check on several settings of an object say its sentence. */
export function issue(code: FaultCode, path: string[], sentence: string, hint: string) {
  return { code: 'custom' as const, path, message: hint, params: { code, sentence } };
}

export interface Read<T> {
  /** All settings, when none is at fault. */
  readonly value: T | undefined;
  /** Those settings that are not at fault, for checks across settings. */
  readonly good: Partial<T>;
  readonly faults: readonly Diagnostic[];
}

/**
 * Reads the settings object of the call `from` by a schema. Every setting at fault gives one
 * diagnostic; none is thrown.
 */
export function readSettings<Shape extends z.ZodRawShape>(
  from: string,
  schema: z.ZodObject<Shape>,
  raw: unknown,
  place: Place | undefined,
): Read<z.infer<z.ZodObject<Shape>>> {
  type T = z.infer<z.ZodObject<Shape>>;
  const result = schema.safeParse(raw);
  if (result.success) return { value: result.data as T, good: result.data as T, faults: [] };
  if (typeof raw !== 'object' || raw === null) {
    const message = `${from}() was given ${show(raw)}.`;
    const hint = `It takes an object with ${list(Object.keys(schema.shape))}.`;
    return {
      value: undefined,
      good: {},
      faults: [fault(codes.value, place, undefined, message, hint)],
    };
  }
  const faults: Diagnostic[] = [];
  const seen = new Set<string>();
  for (const one of result.error.issues) {
    const subject = one.path.join('.');
    if (one.code === 'unrecognized_keys') {
      const known = keysAt(schema, one.path);
      for (const key of one.keys) faults.push(unknownSetting(from, subject, key, known, place));
    } else if (!seen.has(subject)) {
      seen.add(subject);
      faults.push(faultOf(from, subject, valueAt(raw, one.path), one, place));
    }
  }
  const bad = new Set(result.error.issues.map((one) => String(one.path[0])));
  const good = Object.fromEntries(Object.entries(raw).filter(([key]) => !bad.has(key)));
  return { value: undefined, good: good as Partial<T>, faults };
}

function faultOf(
  from: string,
  subject: string,
  value: unknown,
  one: z.core.$ZodIssue,
  place: Place | undefined,
): Diagnostic {
  const note: IssueNote = one.code === 'custom' ? (one.params ?? {}) : {};
  const hint = one.code === 'custom' ? one.message : 'Legal is an object of settings.';
  if (note.sentence) return fault(note.code ?? codes.value, place, subject, note.sentence, hint);
  if (value === undefined) {
    const code = note.code === codes.weights ? codes.weights : codes.missingSetting;
    return fault(code, place, subject, `${from}() lacks the setting ${subject}.`, hint);
  }
  const message =
    note.code === codes.bits && typeof value === 'number'
      ? `${value} bits were asked for ${subject}.`
      : `${subject} is ${show(value)}.`;
  return fault(note.code ?? codes.value, place, subject, message, hint);
}

function unknownSetting(
  from: string,
  parent: string,
  key: string,
  known: readonly string[],
  place: Place | undefined,
): Diagnostic {
  const subject = parent ? `${parent}.${key}` : key;
  const meant = nearest(key, known);
  const hint = meant ? `Did you mean ${meant}?` : `Known are ${list(known)}.`;
  const owner = parent ? `${parent} of ${from}()` : `${from}()`;
  return fault(codes.unknownSetting, place, subject, `${owner} has no setting ${key}.`, hint);
}

/** The names of the settings of a (nested) object of a schema. */
function keysAt(schema: z.ZodObject, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema;
  for (const key of path) {
    if (at instanceof z.ZodObject) at = at.shape[String(key)];
    else at = at instanceof z.ZodRecord ? at.valueType : undefined;
    while (at instanceof z.ZodOptional) at = at.unwrap();
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let at = raw;
  for (const key of path)
    at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  return at;
}
