import type { IntegerGraph } from './graph.ts';

/**
 * The integer graph as JSON text and back, so that a build folder can be checked without the
 * design it came from. Integer arrays are written as `{"int32": [...]}` or `{"float64": [...]}`,
 * which keeps the file readable and the numbers exact. A graph may hold millions of numbers, so
 * neither way visits them one by one, as a replacer or reviver of JSON would.
 */
export function serializeGraph(graph: IntegerGraph): string {
  return `${JSON.stringify(plain(graph))}\n`;
}

/** Reads what `serializeGraph` wrote. Throws `SyntaxError` on text that is not JSON. */
export function parseGraph(text: string): IntegerGraph {
  return typed(JSON.parse(text)) as IntegerGraph;
}

function plain(value: unknown): unknown {
  if (value instanceof Int32Array) return { int32: Array.from(value) };
  if (value instanceof Float64Array) return { float64: Array.from(value) };
  return mapInner(value, plain);
}

function typed(value: unknown): unknown {
  if (isRecord(value) && Array.isArray(value.int32)) {
    return Int32Array.from(value.int32 as number[]);
  }
  if (isRecord(value) && Array.isArray(value.float64)) {
    return Float64Array.from(value.float64 as number[]);
  }
  return mapInner(value, typed);
}

function mapInner(value: unknown, map: (inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, map(inner)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 1;
}
