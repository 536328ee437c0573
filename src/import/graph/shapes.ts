/** Distance in elements between neighbours along each axis, row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let d = shape.length - 2; d >= 0; d--) {
    strides[d] = (strides[d + 1] as number) * (shape[d + 1] as number);
  }
  return strides;
}

/**
 * Source index of every element of a result whose axis `d`, at position `i`, adds `offsets[d][i]`.
 * Transpose, slice, gather and broadcast are all of this form.
 */
export function combineOffsets(offsets: readonly (readonly number[])[]): Int32Array {
  let indices = Int32Array.of(0);
  for (const axis of offsets) {
    const next = new Int32Array(indices.length * axis.length);
    indices.forEach((base, i) => {
      axis.forEach((offset, j) => {
        next[i * axis.length + j] = base + offset;
      });
    });
    indices = next;
  }
  return indices;
}

/** The shape that both broadcast to by the rule of NumPy, or null. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | null {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let d = 0; d < rank; d++) {
    const x = a[d - (rank - a.length)] ?? 1;
    const y = b[d - (rank - b.length)] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return null;
    shape.push(x === 1 ? y : x);
  }
  return shape;
}

/** Source index in `shape` of every element of its broadcast to `target`. */
export function broadcastIndices(shape: readonly number[], target: readonly number[]): Int32Array {
  const strides = stridesOf(shape);
  const missing = target.length - shape.length;
  return combineOffsets(
    target.map((size, d) => {
      const step = shape[d - missing] === size ? (strides[d - missing] ?? 0) : 0;
      return range(size, (i) => i * step);
    }),
  );
}

export function range<T>(length: number, value: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => value(i));
}

/** An axis counted from the front, or null when the rank has no such axis. */
export function normalizeAxis(axis: number, rank: number): number | null {
  const counted = axis < 0 ? axis + rank : axis;
  return Number.isInteger(counted) && counted >= 0 && counted < rank ? counted : null;
}
