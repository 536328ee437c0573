import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import type { Target } from '../../src/dsl/design.ts';
import { choosePlan, parameterStream } from '../../src/plan/index.ts';
import { weightArrival } from '../../src/plan/weight-arrival.ts';
import { randomGraph } from '../support/random-graph.ts';

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

describe('where parameters of channels lie', () => {
  const checked = check(randomGraph({ width: 16, tokens: 10, weightBits: 8, family: 'table' }));
  const board = loadBoard('zcu102', '.');
  const place = { file: 'my.vit.ts', line: 4, column: 2 };
  const plan = (more: Partial<Target>) => {
    const tile = { tokens: 1, inputs: 8, outputs: 8, vector: 2 };
    const target = { board: 'zcu102', tile, ...more };
    return choosePlan(checked, board, target, { 'target.parameters': place });
  };

  test('is on chip while block RAM is left, or as the target says', () => {
    const { parameters: onChip } = plan({ weights: 'external' });
    expect(onChip.parameterStream).toBeNull();
    expect(onChip.depths.parameters).toBeGreaterThan(0);
    const { parameters: external, stream } = plan({ parameters: 'external' });
    expect(stream).not.toBeNull();
    expect(external.parameterStream).toMatchObject({ lineBeats: 1 });
    expect(external.depths.parameters).toBe(0);
  });

  test('is not in external memory while weights are on chip', () => {
    try {
      plan({ weights: 'onChip', parameters: 'external' });
      expect.unreachable('a plan was found');
    } catch (error) {
      if (!(error instanceof DiagnosticsError)) throw error;
      expect(error.diagnostics).toMatchObject([{ code: 'VT418', place }]);
    }
  });
});
