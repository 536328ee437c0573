import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { parameterStream } from '../../src/plan/index.ts';
import { weightArrival } from '../../src/plan/weight-arrival.ts';

describe('parameters of channels from external memory', () => {
  test('are never late, also where a tile takes one in every cycle', () => {
    for (let bias = 8; bias <= 48; bias++) {
      for (const words of [16, 17, 18, 32, 64, 65, 100, 1000, 4097]) {
        const arrival = weightArrival(parameterStream({ BIAS_BITS: bias }, words), { start: 0 });
        const first = arrival.standing();
        expect(first).toBeLessThan(60);
        const frames = Math.ceil(3000 / words);
        expect(arrival.take(frames * words, first), `${bias + 16} bits, ${words} words`).toBe(
          first + frames * words - 1,
        );
      }
    }
  });

  test('nor are they after pauses', () => {
    const { nextInt } = createRandom(5);
    for (let trial = 0; trial < 200; trial++) {
      const stream = parameterStream({ BIAS_BITS: nextInt(8, 48) }, nextInt(16, 500));
      const arrival = weightArrival(stream, { start: 0 });
      let from = arrival.standing();
      for (let tile = 0; tile < 100; tile++) {
        const count = nextInt(1, 64);
        const last = arrival.take(count, from);
        expect(last).toBe(from + count - 1);
        from = last + 1 + nextInt(0, 80);
      }
    }
  });
});
