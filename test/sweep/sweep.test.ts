import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runPool } from '../../bench/support/pool.ts';
import { randomDesign } from '../../bench/support/random-design.ts';
import { extrasOf, sweepCase } from '../../bench/support/sweep-case.ts';
import { tokenCount } from '../../src/model/index.ts';
import { hasVerilator } from '../support/verilate.ts';

describe('random designs', () => {
  const seeds = Array.from({ length: 12 }, (_, i) => 1000 + i);
  const all = seeds.flatMap((seed) =>
    Array.from({ length: 25 }, (_, i) => {
      const { synthesis, icarus } = extrasOf(i);
      return randomDesign(seed, i, { small: synthesis || icarus });
    }),
  );

  test('are the same for the same seed and index, and others for others', () => {
    const text = (seed: number, index: number) => JSON.stringify(randomDesign(seed, index).design);
    expect(text(3, 4)).toBe(text(3, 4));
    expect(new Set([text(3, 4), text(3, 5), text(4, 4), text(4, 3)]).size).toBe(4);
  });

  test('cover what the design language can say', () => {
    const seen = <T>(of: (d: (typeof all)[number]) => T) => new Set(all.map(of));
    const range = (values: Iterable<number>) => [Math.min(...values), Math.max(...values)];
    expect(range(seen((d) => d.design.quant.weights))).toEqual([2, 8]);
    expect(range(seen((d) => d.design.quant.activations))).toEqual([2, 8]);
    expect(range(seen((d) => d.design.quant.residual))).toEqual([8, 16]);
    expect(seen((d) => d.design.model.pooling)).toEqual(new Set(['class', 'mean']));
    expect(range(seen((d) => d.design.model.patch))).toEqual([1, 6]);
    expect(range(seen((d) => d.design.model.image.channels))).toEqual([1, 3]);
    const [leastTokens, mostTokens] = range(seen((d) => tokenCount(d.design.model)));
    expect(leastTokens).toBe(5);
    expect(mostTokens).toBe(70);
    const [leastWidth = 0, mostWidth = 0] = range(seen((d) => d.design.model.width));
    expect([leastWidth >= 16, mostWidth > 90, mostWidth <= 96]).toEqual([true, true, true]);
    expect(seen((d) => d.tile.split('/')[0]).size).toBeGreaterThan(15);
    const branches = all.flatMap((d) => d.design.model.branches);
    const heads = branches.flatMap((b) => (b.kind === 'attention' ? [b.heads] : []));
    expect(range(heads)).toEqual([1, 6]);
    const layers = branches.flatMap((b) => (b.kind === 'feedForward' ? b.layers : []));
    expect(new Set(layers.map((l) => l.activation))).toEqual(new Set(['none', 'gelu', 'relu']));
    const kinds = seen((d) => [...new Set(d.design.model.branches.map((b) => b.kind))].join());
    expect(kinds.size).toBeGreaterThanOrEqual(3);
  });
});

describe('a pool', () => {
  test('hands over results in order, and runs no more than its limit at once', async () => {
    let running = 0;
    let most = 0;
    const shown: number[] = [];
    const wait = async (i: number) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((done) => setTimeout(done, i % 2 ? 1 : 8));
      running -= 1;
      return i * i;
    };
    const results = await runPool(7, 2, wait, (result) => shown.push(result));
    expect(results).toEqual([0, 1, 4, 9, 16, 25, 36]);
    expect(shown).toEqual(results);
    expect(most).toBe(2);
  });

  test('throws what a task throws, and starts no other', async () => {
    const started: number[] = [];
    const task = async (i: number) => {
      started.push(i);
      if (i === 1) throw new Error('broken');
      await new Promise((done) => setTimeout(done, 5));
    };
    await expect(runPool(9, 2, task, () => {})).rejects.toThrow('broken');
    expect(started).toEqual([0, 1]);
  });
});

describe.skipIf(!hasVerilator)('a sample of the sweep', () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-sweep-test-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  // Without attention and with, class token and mean, TI above and below TO.
  test.each([0, 1, 4])(
    'design %i passes lint and simulation with stalls',
    async (index) => {
      const result = await sweepCase(404, index, root, { synthesis: false, icarus: false });
      expect(result.failures).toEqual([]);
      expect(result.checks).toEqual(['build', 'lint', 'sim']);
      expect(result.valuesCompared).toBeGreaterThan(1000);
    },
    240_000,
  );
});
