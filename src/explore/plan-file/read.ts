import { readFileSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { z } from 'zod';
import {
  type Diagnostic,
  DiagnosticsError,
  type Place,
  throwIfAny,
} from '../../diagnostics/index.ts';
import { list, show } from '../../dsl/faults.ts';
import { rowsOf } from '../../dsl/quant-choices.ts';
import { findPlaces, pathName } from '../../import/manifest/places.ts';
import type { PlanPoint, PlanTile } from '../types.ts';
import { planSchema } from './schema.ts';

/** A plan as it was read, and where each of its fields stands. */
export interface ReadPlan {
  readonly design: string;
  readonly point: PlanPoint;
  place(field: string): Place;
}

/**
 * Reads a plan file. Throws `DiagnosticsError`: VT420 it cannot be read, VT421 it is no JSON, VT422
 * one for each field that is missing, unknown or illegal, with the legal values.
 *
 * @param folder from which places name the file: that of the design
 */
export function readPlanFile(path: string, folder: string): ReadPlan {
  const absolute = resolve(path);
  const file = relative(folder, absolute).split(sep).join('/');
  const text = readText(absolute, path);
  const json = parse(text, file);
  const find = findPlaces(text);
  const place = (field: string): Place => Object.freeze({ file, ...find(field) });
  const parsed = planSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, json, place));
    throwIfAny(faults.toSorted(byPlace));
    throw new Error('a plan at fault has no fault');
  }
  const { vitrumPlan: _, design, tile, bits, lutOperands = 'all', ...rest } = parsed.data;
  const rows = bits?.rows ? rowsOf(bits.rows) : null;
  const own = { tile: tile as PlanTile, bits: bits && { ...bits, rows }, lutOperands };
  return { design, point: Object.freeze({ ...rest, ...own }), place };
}

function faultsOf(
  issue: z.core.$ZodIssue,
  json: unknown,
  place: (field: string) => Place,
): Diagnostic[] {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(planSchema.shape);
    const hint = issue.path.length === 0 ? `Legal fields: ${list(known)}.` : undefined;
    return issue.keys.map((key) => {
      const field = pathName([...issue.path, key]);
      return fault(`${field}: there is no such field.`, place(field), hint);
    });
  }
  const field = pathName(issue.path);
  const value = valueAt(json, issue.path);
  const note = issue.code === 'custom' ? (issue.params?.sentence as string | undefined) : undefined;
  const what = value === undefined ? 'the field is missing.' : `it is ${show(value)}.`;
  const hint = issue.code === 'custom' ? issue.message : 'Legal is an object of fields.';
  return [fault(`${field || 'the plan'}: ${note ?? what}`, place(field), hint)];
}

function fault(message: string, place: Place, hint: string | undefined): Diagnostic {
  return { code: 'VT422', message, place, hint };
}

function byPlace({ place: a }: Diagnostic, { place: b }: Diagnostic): number {
  return a && b ? a.line - b.line || a.column - b.column : 0;
}

function readText(path: string, given: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new DiagnosticsError([
      {
        code: 'VT420',
        message: `The plan ${given} does not exist or cannot be read.`,
        hint: 'vitrum explore DESIGN --plan-out plan.json writes one.',
      },
    ]);
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The plan ${file} is not JSON: ${why}.`;
    throw new DiagnosticsError([{ code: 'VT421', message, subject: file }]);
  }
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    json,
  );
}
