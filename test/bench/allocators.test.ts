import { describe, expect, it } from 'vitest';
import { benchAllocators } from '../../bench/allocators.ts';

interface Row {
  readonly allocator: string;
  readonly budget: number;
  readonly taken: number;
  readonly predicted: number | null;
  readonly metric: string | null;
  readonly bits: Readonly<Record<string, { readonly weights: number }>>;
}

describe('the bench of the allocators', { timeout: 300_000 }, () => {
  it('measures every allocator at equal memory', async () => {
    const { text, json } = await benchAllocators({
      ...{ images: 3, probes: 2, models: ['mnist'], workers: 1 },
      ...{ widths: [3], budgets: [5.5] },
    });
    const { rows } = json as { rows: readonly Row[] };
    expect(rows.map((row) => `${row.allocator} ${row.metric}`)).toEqual([
      'uniform null',
      ...['greedy divergence', 'hawq-v3 divergence', 'greedy noise', 'hawq-v3 noise'],
    ]);
    for (const { taken, bits, allocator } of rows) {
      expect(taken).toBeLessThanOrEqual(5.5);
      const widths = new Set(Object.values(bits).map(({ weights }) => weights));
      // Of 3 and 8 bits, a memory for 5.5 holds 3 everywhere, or both.
      expect([...widths].sort()).toEqual(allocator === 'uniform' ? [3] : [3, 8]);
      expect(text).toContain(allocator);
    }
    const predicted = (metric: string, allocator: string) =>
      rows.find((row) => row.metric === metric && row.allocator === allocator)?.predicted ?? 0;
    expect(predicted('noise', 'hawq-v3')).toBeLessThanOrEqual(predicted('noise', 'greedy') + 1e-12);
  });
});
