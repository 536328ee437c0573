/**
 * The points of which no other is as good in everything and better in something. Of points that are
 * equal in everything the first is kept. The order of the result is that of the first measure, the
 * best first.
 *
 * @param measures of a point, each the better the smaller it is
 */
export function paretoFront<T>(
  points: readonly T[],
  measures: (point: T) => readonly number[],
): readonly T[] {
  const all = points.map((point, index) => ({ point, index, values: measures(point) }));
  // A point can only be dominated by one that comes before it in this order.
  all.sort((a, b) => compare(a.values, b.values) || a.index - b.index);
  const front: typeof all = [];
  for (const one of all) {
    if (!front.some((other) => isNoWorse(other.values, one.values))) front.push(one);
  }
  return front.map(({ point }) => point);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isNoWorse(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if ((a[i] as number) > (b[i] as number)) return false;
  return true;
}
