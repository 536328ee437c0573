/**
 * A range of integers, exact at any size: widths are proven with these, so that a number too wide
 * for a double is found instead of rounded.
 */
export interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}

export function interval(low: number | bigint, high: number | bigint): Interval {
  return { low: BigInt(low), high: BigInt(high) };
}

export function plus(a: Interval, b: Interval): Interval {
  return { low: a.low + b.low, high: a.high + b.high };
}

export function minus(a: Interval, b: Interval): Interval {
  return { low: a.low - b.high, high: a.high - b.low };
}

export function times(a: Interval, b: Interval): Interval {
  return hull([a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]);
}

/** `x * x` of one value, which is never negative. */
export function squared(a: Interval): Interval {
  const { low, high } = hull([a.low * a.low, a.high * a.high]);
  return { low: a.low <= 0n && a.high >= 0n ? 0n : low, high };
}

/** The sum of `count` values of one range, and of every shorter prefix of them. */
export function sumOf(a: Interval, count: number): Interval {
  const n = BigInt(count);
  return hull([0n, a.low * n, a.high * n]);
}

/** After a shift that rounds half up. */
export function rounded(a: Interval, shift: number): Interval {
  const half = roundingConstant(shift);
  return { low: (a.low + half) >> BigInt(shift), high: (a.high + half) >> BigInt(shift) };
}

/** The value before such a shift, with and without the constant that makes it round. */
export function withRounding(a: Interval, shift: number): Interval {
  return { low: a.low, high: a.high + roundingConstant(shift) };
}

function roundingConstant(shift: number): bigint {
  return shift === 0 ? 0n : 1n << BigInt(shift - 1);
}

/** Smallest interval around some integers; that of an empty list is 0. */
export function span(values: ArrayLike<number>): Interval {
  let low = values[0] ?? 0;
  let high = low;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return interval(low, high);
}

export function magnitude(a: Interval): bigint {
  const low = a.low < 0n ? -a.low : a.low;
  const high = a.high < 0n ? -a.high : a.high;
  return low > high ? low : high;
}

/** Bits of the shortest two's-complement number that holds the interval; at least 1. */
export function signedBitsOf(a: Interval): number {
  // -2^(n-1) needs n bits like 2^(n-1) - 1: a negative number counts as its complement.
  const complemented = [a.low, a.high].map((n) => (n < 0n ? -n - 1n : n));
  return 1 + Math.max(...complemented.map((n) => (n === 0n ? 0 : n.toString(2).length)));
}

function hull(values: readonly bigint[]): Interval {
  let low = values[0] ?? 0n;
  let high = low;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}
