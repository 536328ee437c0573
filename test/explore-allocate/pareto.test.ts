import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frontOf, paretoFront } from '../../src/explore/allocate/index.ts';
import { allFeasible, smallProblems } from './problems.ts';

const seed = { seed: 5, numRuns: 200 };

test.each([0, 1, 2, 3])('the front under %d limits is that of all allocations', (limits) => {
  fc.assert(
    fc.property(smallProblems(limits), (p) => {
      const { points, exact } = paretoFront(p, 'cycles');
      const all = frontOf(allFeasible(p), ({ costs }) => costs.cycles ?? 0);
      expect(exact).toBe(true);
      expect(points).toHaveLength(all.length);
      points.forEach((point, i) => {
        expect(point.costs.cycles).toBeCloseTo(all[i]?.costs.cycles ?? 0, 9);
        expect(point.loss).toBeCloseTo(all[i]?.loss ?? 0, 9);
      });
    }),
    seed,
  );
});

test('a front rises in cost and falls in loss', () => {
  fc.assert(
    fc.property(smallProblems(), (p) => {
      const { points } = paretoFront(p, 'weightBits');
      points.slice(1).forEach((point, i) => {
        expect(point.costs.weightBits).toBeGreaterThan(points[i]?.costs.weightBits ?? 0);
        expect(point.loss).toBeLessThan(points[i]?.loss ?? 0);
      });
    }),
    seed,
  );
});

test('a front that was thinned is still one, of allocations, and says so', () => {
  const layers = Array.from({ length: 12 }, (_, i) => ({
    layer: `layer${i}`,
    choices: [1, 2, 3, 4].map((bits) => ({
      ...{ weights: bits, activations: 8, loss: Math.sin(i + 2) ** 2 / bits },
      costs: { cycles: Math.round(1000 * bits * (1 + Math.cos(i) ** 2)) },
    })),
  }));
  const problem = { layers, limits: [] };
  const whole = paretoFront(problem, 'cycles');
  const thin = paretoFront(problem, 'cycles', 50);
  expect([whole.exact, thin.exact]).toEqual([true, false]);
  expect(thin.points.length).toBeLessThanOrEqual(50);
  expect(thin.points.length).toBeGreaterThan(20);
  for (const point of thin.points) {
    const beaten = whole.points.filter((w) => (w.costs.cycles ?? 0) <= (point.costs.cycles ?? 0));
    expect(beaten.at(-1)?.loss).toBeLessThanOrEqual(point.loss + 1e-12);
  }
});
