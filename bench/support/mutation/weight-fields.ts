import type { WeightSegment } from '../../../src/plan/index.ts';
import type { GraphPlace } from './graph-edit.ts';
import type { Subject } from './subject.ts';

/** A run of bits of a memory word and the parameters that lie there: none in padding. */
export interface Field {
  readonly bits: number;
  readonly signed: boolean;
  readonly places: readonly GraphPlace[];
  /** Lowest bits that are zero in memory: the number lies there times 2^lift. */
  readonly lift?: number | undefined;
}

/** Tiles of TO rows, k tile by k tile; every group of rows begins with a new tile. */
export function weightFields(
  { plan, graph }: Subject,
  segment: WeightSegment,
  word: number,
  bits = segment.bits,
): Field[] {
  const { TI, TO } = plan.parameters;
  const { heads, reduction, groups, tensor } = segment;
  const kTiles = Math.ceil(reduction / TI);
  const tilesOfGroup = Math.ceil(groups.width / TO);
  const tile = Math.floor(word / TO);
  const rowTile = Math.floor(tile / kTiles);
  const inGroup = (rowTile % tilesOfGroup) * TO + (word % TO);
  const row = Math.floor(rowTile / tilesOfGroup) * groups.width + inGroup;
  const node = graph.nodes.find(({ output }) => output.name === tensor);
  const columns = node && 'weight' in node ? node.weight.length / (groups.count * groups.width) : 0;
  return Array.from({ length: TI }, (_, lane) => {
    const k = (tile % kTiles) * TI + lane;
    const pitch = heads?.pitch ?? columns;
    const width = heads?.width ?? columns;
    const inside = inGroup < groups.width && k % pitch < width && k < (heads?.count ?? 1) * pitch;
    const column = Math.floor(k / pitch) * width + (k % pitch);
    const index = row * columns + column;
    return { bits, signed: true, places: inside ? [{ tensor, field: 'weight', index }] : [] };
  });
}
