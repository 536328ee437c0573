import type { IntegerGraph } from './graph.ts';

/**
 * The integer graph as JSON text and back, so that a build folder can be checked without the
 * design it came from. Integer arrays are written as `{"int32": [...]}` or `{"float64": [...]}`,
 * which keeps the file readable and the numbers exact.
 */
export function serializeGraph(graph: IntegerGraph): string {
  return `${JSON.stringify(graph, (_key, value: unknown) => {
    if (value instanceof Int32Array) return { int32: Array.from(value) };
    if (value instanceof Float64Array) return { float64: Array.from(value) };
    return value;
  })}\n`;
}

/** Reads what `serializeGraph` wrote. Throws `SyntaxError` on text that is not JSON. */
export function parseGraph(text: string): IntegerGraph {
  return JSON.parse(text, (_key, value: unknown) => {
    if (isRecord(value) && Array.isArray(value.int32))
      return Int32Array.from(value.int32 as number[]);
    if (isRecord(value) && Array.isArray(value.float64)) {
      return Float64Array.from(value.float64 as number[]);
    }
    return value;
  }) as IntegerGraph;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 1;
}
