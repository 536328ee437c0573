import type { Diagnostic, Place } from '../diagnostics/index.ts';

/**
 * What a DSL call gives: its value, or the faults that kept it from having one. Faults wait here
 * until `design()` throws those of the whole design at once.
 */
export interface Draft<Kind extends string, Value> {
  readonly kind: Kind;
  /** The function that made it, as the user wrote it: `deit.tiny`. */
  readonly from: string;
  readonly value: Value | undefined;
  readonly faults: readonly Diagnostic[];
  /** Where the call stands; `file` is absolute. */
  readonly place?: Place | undefined;
}

/** Told by its fields, not by its class: a design is loaded with its own instance of the DSL. */
export function isDraft<Kind extends string>(kind: Kind, x: unknown): x is Draft<Kind, unknown> {
  return typeof x === 'object' && x !== null && 'kind' in x && x.kind === kind && 'faults' in x;
}

export function draft<Kind extends string, Value>(
  kind: Kind,
  from: string,
  value: Value | undefined,
  faults: readonly Diagnostic[],
  place: Place | undefined,
): Draft<Kind, Value> {
  return freeze({ kind, from, value: faults.length === 0 ? value : undefined, faults, place });
}

/** Freezes a value with all that it holds. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
