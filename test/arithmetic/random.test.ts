import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';

/** xoshiro128** in BigInt, from its published description, with a given state. */
function* xoshiro(state: bigint[]): Generator<number> {
  const mask = 0xffffffffn;
  const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
  const s = [...state] as [bigint, bigint, bigint, bigint];
  for (;;) {
    yield Number((rotate((s[1] * 5n) & mask, 7n) * 9n) & mask);
    const t = (s[1] << 9n) & mask;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11n);
  }
}

/** The first four SplitMix32 outputs after a seed. */
function splitMix(seed: bigint): bigint[] {
  const mask = 0xffffffffn;
  let state = seed & mask;
  return Array.from({ length: 4 }, () => {
    state = (state + 0x9e3779b9n) & mask;
    let z = state;
    z = ((z ^ (z >> 16n)) * 0x21f0aaadn) & mask;
    z = ((z ^ (z >> 15n)) * 0x735a2d97n) & mask;
    return z ^ (z >> 15n);
  });
}

describe('createRandom', () => {
  it.each([0, 1, 7, -5, 2 ** 40 + 3])('is xoshiro128** for the seed %s', (seed) => {
    const random = createRandom(seed);
    const expected = xoshiro(splitMix(BigInt(seed)));
    for (let i = 0; i < 200; i++) expect(random.nextUint32()).toBe(expected.next().value);
  });

  it('gives the same stream for the same seed, another for another', () => {
    const draw = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 8 }, () => random.nextUint32());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('draws integers evenly, both bounds included', () => {
    const random = createRandom(3);
    const counts = new Map<number, number>();
    for (let i = 0; i < 7000; i++) {
      const value = random.nextInt(-3, 3);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(random.nextInt(5, 5)).toBe(5);
  });

  it('refuses an empty range, a fraction and a range beyond 2^32', () => {
    const random = createRandom(3);
    expect(() => random.nextInt(1, 0)).toThrow(RangeError);
    expect(() => random.nextInt(0, 0.5)).toThrow(RangeError);
    expect(() => random.nextInt(0, 2 ** 32)).toThrow(RangeError);
    expect(() => createRandom(0.5)).toThrow(RangeError);
  });

  it('draws floats in [0, 1) and Gaussians of mean 0 and variance 1', () => {
    const random = createRandom(11);
    const count = 20000;
    let mean = 0;
    let square = 0;
    for (let i = 0; i < count; i++) {
      const float = random.nextFloat();
      expect(float >= 0 && float < 1).toBe(true);
      const gaussian = random.nextGaussian();
      mean += gaussian / count;
      square += gaussian ** 2 / count;
    }
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(square - 1)).toBeLessThan(0.04);
  });
});
