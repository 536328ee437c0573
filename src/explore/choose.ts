import type { Board } from '../boards/index.ts';
import { shareOf } from './point.ts';
import type { Row } from './search/task.ts';

/** Of the plans with the most bits the one that takes least of the board. */
export function leastOfMostPrecise(rows: readonly Row[], board: Board): Row | null {
  const precise = Math.min(...rows.map(({ graph }) => graph));
  return leastOf(
    rows.filter(({ graph }) => graph === precise),
    (row) => shareOf(row, board),
  );
}

export function fastest(rows: readonly Row[], board: Board): Row | null {
  const fewest = Math.min(...rows.map(({ cyclesPerFrame }) => cyclesPerFrame));
  return leastOf(
    rows.filter(({ cyclesPerFrame }) => cyclesPerFrame === fewest),
    (row) => shareOf(row, board),
  );
}

/** The first of those with the least. */
export function leastOf(rows: readonly Row[], measure: (row: Row) => number): Row | null {
  let best: Row | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const own = measure(row);
    if (own < least) [best, least] = [row, own];
  }
  return best;
}
