import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type FixedChoices, randomDesign } from '../../bench/support/random-design.ts';
import { tileText } from '../../bench/support/random-target.ts';
import { extrasOf, sweepCase } from '../../bench/support/sweep-case.ts';
import { multiplierKinds } from '../../src/dsl/design.ts';
import { tokenCount } from '../../src/model/index.ts';
import { runPool } from '../../src/tools/pool.ts';
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
    expect(seen((d) => d.design.target.tile.tokens)).toEqual(new Set([1, 2, 4]));
    const { weights, weightBus, multipliers, primitives } = seenSettings(all);
    expect(weights).toEqual(new Set(['onChip', 'external', undefined]));
    expect(weightBus).toEqual(new Set([64, 128, 256, 512, undefined]));
    expect(multipliers).toEqual(new Set([...multiplierKinds, undefined]));
    expect(primitives).toEqual(new Set([true, false, undefined]));
    expect(seen((d) => tileText(d.design.target.tile).split('/')[0]).size).toBeGreaterThan(15);
    const branches = all.flatMap((d) => d.design.model.branches);
    const heads = branches.flatMap((b) => (b.kind === 'attention' ? [b.heads] : []));
    expect(range(heads)).toEqual([1, 6]);
    const layers = branches.flatMap((b) => (b.kind === 'feedForward' ? b.layers : []));
    expect(new Set(layers.map((l) => l.activation))).toEqual(new Set(['none', 'gelu', 'relu']));
    const kinds = seen((d) => [...new Set(d.design.model.branches.map((b) => b.kind))].join());
    expect(kinds.size).toBeGreaterThanOrEqual(3);
  });
});

function seenSettings(designs: readonly ReturnType<typeof randomDesign>[]) {
  const seen = <K extends 'weights' | 'weightBus' | 'multipliers' | 'primitives'>(key: K) =>
    new Set(designs.map(({ design }) => design.target[key]));
  return {
    weights: seen('weights'),
    weightBus: seen('weightBus'),
    multipliers: seen('multipliers'),
    primitives: seen('primitives'),
  };
}

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

/** Small designs that together have every choice of a target; the rest is left to the seed. */
const SAMPLE: readonly (FixedChoices & { family: 'float' | 'table'; icarus?: boolean })[] = [
  {
    family: 'float',
    tokens: 1,
    ...onChip('single'),
    ...bits(2, 8),
    pooling: 'class',
    icarus: true,
  },
  { family: 'float', tokens: 2, ...external(64, 'double'), ...bits(8, 8), pooling: 'mean' },
  { family: 'float', tokens: 4, ...external(128, 'quad'), ...bits(3, 3), pooling: 'class' },
  { family: 'float', tokens: 2, ...external(256, 'lut'), ...bits(3, 2), pooling: 'mean' },
  { family: 'table', tokens: 2, ...external(64, 'quad', true), ...bits(3, 3), pooling: 'class' },
  { family: 'float', tokens: 1, ...external(128, 'double', true), ...bits(5, 7), pooling: 'class' },
  { family: 'table', tokens: 4, ...onChip('lut'), ...bits(4, 4), pooling: 'mean', icarus: true },
  { family: 'table', tokens: 1, ...external(512, 'single'), ...bits(6, 5), pooling: 'class' },
  { family: 'float', tokens: 4, ...onChip('double', true), ...bits(7, 6), icarus: true },
  { family: 'float', tokens: 2, ...onChip('quad'), ...bits(4, 2), pooling: 'mean' },
  { family: 'table', tokens: 2, ...external(128, 'double'), ...bits(8, 7), pooling: 'mean' },
  { family: 'float', tokens: 1, ...external(64, 'lut'), ...bits(6, 4), pooling: 'mean' },
];

type Kind = NonNullable<FixedChoices['multipliers']>;

function onChip(multipliers: Kind, primitives = false): FixedChoices {
  return { weights: 'onChip', multipliers, primitives };
}

function external(
  weightBus: 64 | 128 | 256 | 512,
  multipliers: Kind,
  primitives = false,
): FixedChoices {
  return { weights: 'external', weightBus, multipliers, primitives };
}

function bits(weightBits: number, activationBits: number): FixedChoices {
  return { weightBits, activationBits };
}

describe('the sample', () => {
  test('has every choice', () => {
    const seen = (of: (choices: (typeof SAMPLE)[number]) => unknown) => new Set(SAMPLE.map(of));
    expect(seen((c) => c.tokens)).toEqual(new Set([1, 2, 4]));
    expect(seen((c) => c.weightBus)).toEqual(new Set([64, 128, 256, 512, undefined]));
    expect(seen((c) => c.multipliers)).toEqual(new Set(multiplierKinds));
    expect(seen((c) => c.primitives && c.multipliers)).toContain('quad');
    expect(seen((c) => c.primitives && c.multipliers)).toContain('double');
    expect(seen((c) => c.weightBits)).toEqual(new Set([2, 3, 4, 5, 6, 7, 8]));
    expect(seen((c) => c.activationBits)).toEqual(new Set([2, 3, 4, 5, 6, 7, 8]));
    expect(seen((c) => `${c.family} ${c.weights}`).size).toBe(4);
  });
});

describe.skipIf(!hasVerilator)('a sample of the sweep', () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-sweep-test-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test.each(SAMPLE.map((choices, index) => ({ index, choices })))(
    'design $index, $choices.family $choices.multipliers, equals the golden model in the predicted cycles',
    async ({ index, choices }) => {
      const { family, icarus = false, ...fixed } = choices;
      const isExternal = fixed.weights === 'external';
      const result = await sweepCase(404, index, root, {
        ...{ synthesis: false, icarus },
        options: { family, small: true, onChip: !isExternal, fixed },
      });
      expect(result.failures, result.design).toEqual([]);
      expect(result.checks.slice(0, 3)).toEqual(['build', 'lint', 'sim']);
      expect(result.checks.length).toBe(icarus ? 4 : 3);
      expect(result.valuesCompared).toBeGreaterThan(1000);
      expect(result.streamedBytes > 0, 'bytes are streamed').toBe(isExternal);
    },
    240_000,
  );
});
