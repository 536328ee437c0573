import { type EngineShape, tokenWords, wordElements } from '../engine.ts';
import type { MatmulOperation } from '../program.ts';

/** A part of an operation: rows from a whole word of tokens on, and whole tiles of columns. */
export interface Slice {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstTile: number;
  readonly tiles: number;
}

/** Tiles of output columns. */
export function columnTiles({ columns, outputs }: MatmulOperation): number {
  return Math.ceil(columns / outputs);
}

/**
 * The operation that computes a part of another one's result. Of its weights it loads the tiles of
 * its columns; an operation on keys can be cut by rows only.
 */
export function sliceMatmul(
  operation: MatmulOperation,
  { firstRow, rows, firstTile, tiles }: Slice,
  shape: EngineShape,
): MatmulOperation {
  const { inputs } = shape;
  const { a, b, skip, out, tap, outputs } = operation;
  const words = tokenWords(shape, firstRow);
  const columns = Math.min(operation.columns - firstTile * outputs, tiles * outputs);
  if (b.source.startsWith('key') && firstTile > 0)
    throw new Error(`${operation.name} has no weights`);
  const kTiles = Math.ceil(operation.reduction / inputs);
  // Words of activations and keys hold several tiles, those of the other memories one.
  const split = out.destination === 'activations' || out.destination === 'keys';
  const perWord = split ? wordElements(shape) / outputs : 1;
  const part = out.part + firstTile;
  return {
    ...operation,
    rows,
    columns,
    lead: Math.max(0, operation.lead - firstRow),
    a: { ...a, base: a.base + words * a.stride },
    b: { ...b, base: b.base + firstTile * kTiles * outputs },
    parameterBase: operation.parameterBase + firstTile * outputs,
    skip: skip && { ...skip, base: skip.base + words * skip.stride + firstTile },
    out: {
      ...out,
      base: out.base + words * out.stride + Math.floor(part / perWord),
      part: part % perWord,
    },
    tap: {
      ...tap,
      rowOffset: tap.rowOffset + firstRow,
      columnOffset: tap.columnOffset + firstTile * outputs,
    },
  };
}
