import fc from 'fast-check';
import { beforeAll, describe, expect, it, test } from 'vitest';
import {
  allocate,
  allocatorNames,
  createSolver,
  isFeasible,
  largestThatMeets,
  type Problem,
  paretoFront,
  type Solver,
} from '../../src/explore/allocate/index.ts';
import { allFeasible, leastLoss, smallProblems } from './problems.ts';

let solver: Solver;
beforeAll(async () => {
  solver = await createSolver();
});
const seed = { seed: 11, numRuns: 60 };

/** Layers of weights in bits 2, 4, 8; the loss falls by four with every bit. */
const problem = (atMost: number, sizes = [100, 400, 50], weight = [1, 1, 1]): Problem => ({
  layers: sizes.map((size, i) => ({
    layer: `layer${i}`,
    choices: [2, 4, 8].map((bits) => ({
      ...{ weights: bits, activations: bits, loss: (weight[i] as number) * 4 ** -bits },
      costs: { weightBits: size * bits },
    })),
  })),
  limits: [{ cost: 'weightBits', atMost }],
});
const bitsOf = (p: Problem, chosen: readonly number[]) =>
  chosen.map((c, i) => p.layers[i]?.choices[c]?.weights);

describe('allocators', () => {
  test.each(allocatorNames)('%s keeps limits, or says that it cannot', async (name) => {
    await fc.assert(
      fc.asyncProperty(smallProblems(), async (p) => {
        const found = await allocate(name, p, solver);
        if (found) expect(isFeasible(p, found)).toBe(true);
        if (allFeasible(p).length === 0) expect(found).toBeNull();
      }),
      seed,
    );
  });

  test('hawq-v3 equals the best of all allocations', async () => {
    await fc.assert(
      fc.asyncProperty(smallProblems(), async (p) => {
        const all = allFeasible(p);
        const found = await allocate('hawq-v3', p, solver);
        if (all.length === 0) expect(found).toBeNull();
        else expect(found?.loss).toBeCloseTo(leastLoss(all), 9);
      }),
      { ...seed, numRuns: 150 },
    );
  });

  test.each(['uniform', 'vaqf', 'greedy'] as const)(
    'hawq-v3 is never worse than %s',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(smallProblems(), async (p) => {
          const found = await allocate(name, p, solver);
          if (!found) return;
          const best = await allocate('hawq-v3', p, solver);
          expect(best?.loss).toBeLessThanOrEqual(found.loss + 1e-9);
        }),
        seed,
      );
    },
  );

  test('greedy finds an allocation under one limit whenever there is one', async () => {
    await fc.assert(
      fc.asyncProperty(smallProblems(1), async (p) => {
        const found = await allocate('greedy', p);
        expect(found === null).toBe(allFeasible(p).length === 0);
      }),
      seed,
    );
  });

  it('give bits to the layers that need them', async () => {
    // 550 weights in 4 bits on the average; the last layer is small and sensitive.
    const p = problem(2200, [100, 400, 50], [1, 1, 1000]);
    expect(bitsOf(p, (await allocate('uniform', p))?.chosen ?? [])).toEqual([4, 4, 4]);
    const best = await allocate('hawq-v3', p, solver);
    expect(bitsOf(p, best?.chosen ?? [])).toEqual([8, 2, 8]);
    expect(best?.costs.weightBits).toBe(2000);
  });

  it('choose from thirty layers of seven widths in no time', async () => {
    const sizes = Array.from({ length: 30 }, (_, i) => 1000 + 37 * i);
    const p = problem(
      sizes.reduce((a, b) => a + b) * 4.3,
      sizes,
      sizes.map((s) => (s * 7919) % 101),
    );
    const [found, greedy] = [await allocate('hawq-v3', p, solver), await allocate('greedy', p)];
    expect(isFeasible(p, found ?? { costs: {} })).toBe(true);
    expect(found?.loss).toBeLessThanOrEqual((greedy?.loss ?? 0) + 1e-12);
    const front = paretoFront(p, 'weightBits');
    expect(front.exact).toBe(true);
    expect(front.points.at(-1)?.loss).toBeCloseTo(found?.loss ?? 0, 12);
  });

  it('refuse what is no problem', async () => {
    const none = { layers: [{ layer: 'a', choices: [] }], limits: [] };
    await expect(allocate('greedy', none)).rejects.toThrow('a has no choices');
    await expect(allocate('uniform', { layers: [], limits: [] })).rejects.toThrow(RangeError);
  });
});

describe('VAQF', () => {
  test('finds the largest width by bisection, the smallest first', () => {
    for (let largest = -1; largest < 16; largest++) {
      const asked: number[] = [];
      const widths = Array.from({ length: 16 }, (_, i) => i + 1);
      const found = largestThatMeets(widths, (width) => {
        asked.push(width);
        return width <= largest ? width : null;
      });
      expect(found).toBe(largest < 1 ? null : largest);
      expect(asked[0]).toBe(1);
      expect(asked.length).toBeLessThanOrEqual(5);
    }
  });

  test('takes the narrowest weights, and the most bits of activations that the target leaves', async () => {
    const choices = [1, 2].flatMap((weights) =>
      [4, 6, 8].map((activations) => ({
        ...{ weights, activations, loss: 1 / (weights * activations) },
        costs: { cycles: 100 * weights * activations },
      })),
    );
    const p: Problem = {
      layers: ['a', 'b'].map((layer) => ({ layer, choices })),
      limits: [{ cost: 'cycles', atMost: 1300 }],
    };
    const found = await allocate('vaqf', p);
    expect(found?.chosen.map((c) => choices[c])).toMatchObject([
      { weights: 1, activations: 6 },
      { weights: 1, activations: 6 },
    ]);
  });
});
