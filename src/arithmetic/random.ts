/** A stream of pseudo-random numbers that is the same on every machine for the same seed. */
export interface Random {
  /** Uniform in 0 .. 2^32-1. */
  nextUint32(): number;
  /** Uniform in low .. high, both included; high - low < 2^32. */
  nextInt(low: number, high: number): number;
  /** Uniform in [0, 1), a multiple of 2^-53. */
  nextFloat(): number;
  /** Mean 0, variance 1, within -6 .. 6. */
  nextGaussian(): number;
}

const TWO_32 = 2 ** 32;

/**
 * xoshiro128** of Blackman and Vigna (https://prng.di.unimi.it), its state filled by SplitMix32
 * from the seed. Only integer operations and exact divisions are used, no transcendental function,
 * because those may differ between engines.
 *
 * @param seed any integer; its low 32 bits count
 */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`the seed ${seed} is not an integer`);
  let mix = seed | 0;
  const splitMix = () => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let s0 = splitMix();
  let s1 = splitMix();
  let s2 = splitMix();
  let s3 = splitMix();

  const nextUint32 = () => {
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotateLeft(s3, 11);
    return result;
  };
  const nextInt = (low: number, high: number) => {
    const count = high - low + 1;
    if (!Number.isInteger(count) || count < 1 || count > TWO_32) {
      throw new RangeError(`${low} .. ${high} is not a range of 1 to 2^32 integers`);
    }
    // Values at or above the last whole multiple of `count` are drawn again, so none is favoured.
    const limit = TWO_32 - (TWO_32 % count);
    let value = nextUint32();
    while (value >= limit) value = nextUint32();
    return low + (value % count);
  };
  const nextFloat = () => {
    const high = nextUint32() >>> 5;
    const low = nextUint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
  // The sum of 12 uniform numbers has variance 1 (Irwin-Hall) and needs only exact additions.
  const nextGaussian = () => {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += nextUint32();
    return sum / TWO_32 - 6 + 6 / TWO_32;
  };
  return Object.freeze({ nextUint32, nextInt, nextFloat, nextGaussian });
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
