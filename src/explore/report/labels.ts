import type { Frame } from './axes.ts';
import { textWidth } from './svg.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Anchor extends Point {
  readonly words: string;
  /** Another point of the same mark, where there may be more room. */
  readonly other?: Point | undefined;
}

export interface Placed extends Anchor {
  readonly labelX: number;
  readonly labelY: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** A rectangle of the drawing. */
export interface Box {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

const HEIGHT = 13;
const GAP = 9;

/**
 * A place for each label, the first ones first, beside its point where it meets no other label, no point and nothing that is
 * blocked; labels that find none are left out, which their marks' titles make up for.
 */
export function placeLabels(
  points: readonly Anchor[],
  blocked: readonly Box[],
  frame: Frame,
): Placed[] {
  const around = ({ x, y }: Point): Box => {
    return { x0: x - 6, x1: x + 6, y0: y - 6, y1: y + 6 };
  };
  const own = (point: Anchor) => [point, ...(point.other ? [point.other] : [])];
  const taken = [...blocked, ...points.flatMap(own).map(around)];
  const placed: Placed[] = [];
  for (const point of points) {
    const width = textWidth(point.words, 12);
    const candidates = own(point).flatMap(({ x, y }) =>
      CANDIDATES.map(([dx, dy, anchor]) => [x + dx, y + dy, anchor] as const),
    );
    for (const [labelX, labelY, anchor] of candidates) {
      const x0 =
        anchor === 'start' ? labelX : anchor === 'end' ? labelX - width : labelX - width / 2;
      const box = { x0, x1: x0 + width, y0: labelY - HEIGHT + 3, y1: labelY + 3 };
      const inside =
        box.x0 >= frame.left &&
        box.x1 <= frame.right &&
        box.y0 >= frame.top &&
        box.y1 <= frame.bottom;
      if (!inside || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      placed.push({ ...point, labelX, labelY, anchor });
      break;
    }
  }
  return placed;
}

const CANDIDATES: readonly (readonly [number, number, Placed['anchor']])[] = [
  // Below to the right and above to the left first: clear of a line that rises.
  [GAP, 15, 'start'],
  [-GAP, -7, 'end'],
  [GAP, 4, 'start'],
  [-GAP, 4, 'end'],
  [GAP, 30, 'start'],
  [-GAP, -22, 'end'],
  [0, GAP + 14, 'middle'],
  [0, -GAP - 4, 'middle'],
];

function overlap(a: Box, b: Box): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}
