import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { check } from '../../src/check/index.ts';
import type { Program } from '../../src/plan/index.ts';
import { type Lifetime, placeByLifetime } from '../../src/plan/lifetimes.ts';
import { scheduleContext } from '../../src/plan/schedule/context.ts';
import { scheduleSteps } from '../../src/plan/schedule/index.ts';
import { lifetimesOf, type PooledMemory, pooledMemories } from '../../src/plan/schedule/place.ts';
import { randomGraph } from '../support/random-graph.ts';
import { graphs, shapes } from './subjects.ts';

vi.setConfig({ testTimeout: 60_000 });

const lifetime: fc.Arbitrary<Lifetime> = fc
  .record({
    words: fc.integer({ min: 1, max: 20 }),
    from: fc.integer({ min: 0, max: 30 }),
    length: fc.integer({ min: 1, max: 12 }),
  })
  .map(({ words, from, length }) => ({ words, from, until: from + length }));

function sharing(regions: readonly Lifetime[], bases: readonly number[]): string[] {
  return regions.flatMap((a, i) =>
    regions.slice(0, i).flatMap((b, j) => {
      const [p, q] = [bases[i] as number, bases[j] as number];
      const inTime = a.from < b.until && b.from < a.until;
      return inTime && p < q + b.words && q < p + a.words ? [`${j} and ${i}`] : [];
    }),
  );
}

/** The least words that any placement can do with: the most that live at the same time. */
function leastDepth(regions: readonly Lifetime[]): number {
  return regions.reduce((most, { from }) => {
    const live = regions.filter((other) => other.from <= from && from < other.until);
    return Math.max(
      most,
      live.reduce((sum, { words }) => sum + words, 0),
    );
  }, 0);
}

describe('regions by lifetime', () => {
  test('share no word while both live, and lie inside the memory', () => {
    fc.assert(
      fc.property(fc.array(lifetime, { maxLength: 25 }), (regions) => {
        const { bases, depth } = placeByLifetime(regions);
        expect(sharing(regions, bases)).toEqual([]);
        const ends = regions.map(({ words }, i) => (bases[i] as number) + words);
        expect(depth).toBe(Math.max(0, ...ends));
        expect(depth).toBeGreaterThanOrEqual(leastDepth(regions));
        expect(Math.min(0, ...bases)).toBe(0);
      }),
      { numRuns: 400, seed: 3 },
    );
  });

  test('of one size never take more than what lives at the same time', () => {
    fc.assert(
      fc.property(fc.array(lifetime, { maxLength: 25 }), (regions) => {
        const equal = regions.map((region) => ({ ...region, words: 3 }));
        expect(placeByLifetime(equal).depth).toBe(leastDepth(equal));
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  test('that follow each other lie in the same words', () => {
    const regions = [0, 1, 2].map((n) => ({ words: 7, from: n, until: n + 1 }));
    expect(placeByLifetime(regions)).toEqual({ bases: [0, 0, 0], depth: 7 });
  });

  test('take the smallest gap that holds them', () => {
    const wall = (words: number) => ({ words, from: 0, until: 9 });
    const hole = (words: number) => ({ words, from: 0, until: 1 });
    // In the order of their sizes: 9, 8 (free later), 7, 6 (free later), 5, and then one of 6.
    const regions = [wall(9), hole(8), wall(7), hole(6), wall(5), { words: 6, from: 1, until: 2 }];
    expect(placeByLifetime(regions)).toEqual({ bases: [0, 9, 17, 24, 30, 24], depth: 35 });
  });
});

describe('the memories of any design', () => {
  const designs = (property: (depths: Depths, lifetimes: Lifetimes) => void) =>
    fc.assert(
      fc.property(graphs, shapes, fc.boolean(), (options, shape, overlapNorms) => {
        const { graph } = check(randomGraph(options));
        const context = scheduleContext(graph, shape, () => false);
        const steps = scheduleSteps(context, overlapNorms);
        const lifetimes = lifetimesOf(steps, context.regions);
        property(context.finish(steps).depths, (memory) =>
          lifetimes.filter((_, n) => context.regions[n]?.memory === memory),
        );
      }),
      { numRuns: 60, seed: 5 },
    );

  test('hold no more than what lives at the same time', () => {
    designs((depths, lifetimes) => {
      for (const memory of pooledMemories) {
        expect(depths[memory], memory).toBe(leastDepth(lifetimes(memory)));
      }
    });
  });

  test('hold less than a buffer for each head', () => {
    let [shared, apart] = [0, 0];
    designs((depths, lifetimes) => {
      shared += depths.keys;
      apart += lifetimes('keys').reduce((sum, { words }) => sum + words, 0);
    });
    expect(shared).toBeLessThan(0.7 * apart);
  });
});

type Depths = Program['depths'];
type Lifetimes = (memory: PooledMemory) => readonly Lifetime[];
