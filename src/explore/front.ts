/**
 * The points of which no other is as good in everything and better in something. Of points that are
 * equal in everything the first is kept. The order of the result is that of the first measure, the
 * best first.
 *
 * @param measures of a point, each the better the smaller it is; as many for every point
 */
export function paretoFront<T>(
  points: readonly T[],
  measures: (point: T) => readonly number[],
): readonly T[] {
  const [first] = points;
  if (first === undefined) return [];
  const width = measures(first).length;
  const values = new Float64Array(points.length * width);
  points.forEach((point, i) => {
    values.set(measures(point), i * width);
  });
  const all = Int32Array.from(points, (_, i) => i);
  return Array.from(frontOf(values, width, all), (i) => points[i] as T);
}

/**
 * The same of points in a table.
 *
 * @param values `width` measures a point, one point after the other
 * @param points the numbers of those to compare, rising
 */
export function frontOf(values: Float64Array, width: number, points: Int32Array): Int32Array {
  // A point can only be dominated by one that comes before it in this order.
  const sorted = points.toSorted((a, b) => compare(values, width, a, b) || a - b);
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    const one = sorted[i] as number;
    if (!isDominated(values, width, sorted, count, one)) sorted[count++] = one;
  }
  return sorted.subarray(0, count);
}

/** Whether one of the first `count` of some points is as good as a point in everything. */
export function isDominated(
  values: Float64Array,
  width: number,
  points: Int32Array,
  count: number,
  one: number,
): boolean {
  for (let i = 0; i < count; i++) {
    if (isNoWorse(values, width, points[i] as number, one)) return true;
  }
  return false;
}

function compare(values: Float64Array, width: number, a: number, b: number): number {
  for (let i = 0; i < width; i++) {
    const difference = (values[a * width + i] as number) - (values[b * width + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isNoWorse(values: Float64Array, width: number, a: number, b: number): boolean {
  for (let i = 0; i < width; i++) {
    if ((values[a * width + i] as number) > (values[b * width + i] as number)) return false;
  }
  return true;
}
