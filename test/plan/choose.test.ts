import { describe, expect, test, vi } from 'vitest';
import { type Board, loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import { type Diagnostic, DiagnosticsError, type Place } from '../../src/diagnostics/index.ts';
import type { Target } from '../../src/dsl/design.ts';
import { choosePlan, type Plan, planShape } from '../../src/plan/index.ts';
import { randomGraph } from '../support/random-graph.ts';

vi.setConfig({ testTimeout: 60_000 });

const ecp5 = loadBoard('ulx3s-85f', '.');
const ice40 = loadBoard('icebreaker', '.');
const graph = check(randomGraph({ width: 24, heads: 3, tokens: 17, hidden: 48, depth: 1 }));
const target = (more: Partial<Target> = {}): Target => ({ board: 'ulx3s-85f', ...more });

const place = (line: number): Place => ({ file: 'my.vit.ts', line, column: 3 });
const places = {
  'target.board': place(1),
  'target.fps': place(2),
  'target.tile': place(3),
};

/** Every near-square tile up to 32, planned; the planner has to choose among these. */
const all = [2, 4, 6, 8, 12, 16, 24, 32].flatMap((inputs, _, sides) =>
  sides.flatMap((outputs) => {
    const [small, large] = inputs < outputs ? [inputs, outputs] : [outputs, inputs];
    if (large % small !== 0 || large / small > 2) return [];
    return [1, 2].flatMap((tokens) =>
      [2, 4, 8, 16]
        .filter((vector) => small % vector === 0 && small % tokens === 0)
        .map((vector) =>
          planShape(graph, ecp5, ecp5.defaultClockMHz, { tokens, inputs, outputs, vector }),
        ),
    );
  }),
);

/** Four fifths of the board: the rest is for placement and the user. */
function fits({ estimate }: Plan, { resources, memoryBits }: Board): boolean {
  return (
    estimate.lut <= 0.8 * resources.lut &&
    estimate.dsp <= 0.8 * resources.dsp &&
    estimate.memoryBits <= 0.8 * memoryBits
  );
}

function cost({ estimate }: Plan, { resources }: Board): number {
  return (
    estimate.lut / resources.lut + estimate.dsp / resources.dsp + estimate.bram36 / resources.bram36
  );
}

function faultOf(run: () => unknown): Diagnostic {
  try {
    run();
  } catch (error) {
    if (error instanceof DiagnosticsError && error.diagnostics[0]) return error.diagnostics[0];
    throw error;
  }
  throw new Error('a plan was found');
}

describe('without a frame rate', () => {
  test('the fastest plan that fits is chosen', () => {
    const chosen = choosePlan(graph, ecp5, target());
    expect(fits(chosen, ecp5)).toBe(true);
    const fastest = Math.min(
      ...all.filter((plan) => fits(plan, ecp5)).map((plan) => plan.cycles.perFrame),
    );
    expect(chosen.cycles.perFrame).toBe(fastest);
    // The board has to be what stands in the way of a faster one.
    expect(Math.min(...all.map((plan) => plan.cycles.perFrame))).toBeLessThan(fastest);
  });
});

describe('with a frame rate', () => {
  const rates = [1, 500, 2000, 5000];

  test.each(rates)('of %i the cheapest plan that reaches it is chosen', (fps) => {
    const reaching = all.filter((plan) => fits(plan, ecp5) && plan.framesPerSecond >= fps);
    expect(reaching.length).toBeGreaterThan(0);
    const chosen = choosePlan(graph, ecp5, target({ fps }));
    expect(chosen.framesPerSecond).toBeGreaterThanOrEqual(fps);
    const cheapest = Math.min(...reaching.map((plan) => cost(plan, ecp5)));
    expect(cost(chosen, ecp5)).toBeCloseTo(cheapest, 12);
  });

  test('a higher one never costs less', () => {
    const costs = rates.map((fps) => cost(choosePlan(graph, ecp5, target({ fps })), ecp5));
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
    expect(costs.at(-1)).toBeGreaterThan(costs[0] ?? 0);
  });

  test('a faster clock needs a smaller array', () => {
    const slow = choosePlan(graph, ecp5, target({ fps: 5000 }));
    const fast = choosePlan(graph, ecp5, target({ fps: 5000, clockMHz: 200 }));
    expect(fast.clockMHz).toBe(200);
    expect(cost(fast, ecp5)).toBeLessThan(cost(slow, ecp5));
  });
});

describe('a fixed tile', () => {
  test('is taken as it is', () => {
    const tile = { tokens: 1, inputs: 4, outputs: 2, vector: 1 };
    expect(choosePlan(graph, ecp5, target({ tile })).shape).toMatchObject(tile);
  });

  test('gets vector lanes where it names none', () => {
    const tile = { tokens: 1, inputs: 8, outputs: 4 };
    const { shape } = choosePlan(graph, ecp5, target({ tile }));
    expect(shape).toMatchObject(tile);
    expect([shape.inputs % shape.vector, shape.outputs % shape.vector]).toEqual([0, 0]);
  });

  test('gets vector lanes that divide it, whatever it is', () => {
    for (let small = 1; small <= 9; small++) {
      const tile = { tokens: 1, inputs: small, outputs: 2 * small };
      const { vector } = planFor(tile).shape;
      expect(small % vector, `${small}`).toBe(0);
    }
  });
});

function planFor(tile: { tokens: number; inputs: number; outputs: number }): Plan {
  return choosePlan(graph, loadBoard('vck190', '.'), target({ board: 'vck190', tile }));
}

describe('faults', () => {
  test('VT411: nothing fits the board', () => {
    const found = faultOf(() => choosePlan(graph, ice40, target(), places));
    expect(found).toMatchObject({ code: 'VT411', place: place(1) });
    expect(found.message).toContain('icebreaker');
    expect(found.message).toContain(`${ice40.resources.lut} LUT`);
  });

  test('VT412: the frame rate is out of reach; the highest one in reach is named', () => {
    const { framesPerSecond } = choosePlan(graph, ecp5, target());
    const within = Math.floor(framesPerSecond);
    const found = faultOf(() => choosePlan(graph, ecp5, target({ fps: within + 1 }), places));
    expect(found).toMatchObject({ code: 'VT412', place: place(2) });
    expect(found.message).toContain(`${within + 1} frames per second`);
    expect(found.hint).toContain(`${within}`);
    expect(choosePlan(graph, ecp5, target({ fps: within })).framesPerSecond).toBe(framesPerSecond);
  });

  test('VT413: the fixed tile does not fit', () => {
    const tile = { tokens: 1, inputs: 32, outputs: 64, vector: 4 };
    const found = faultOf(() => choosePlan(graph, ecp5, target({ tile }), places));
    expect(found).toMatchObject({ code: 'VT413', place: place(3) });
    expect(found.message).toContain('32 x 64');
  });

  test('without a place of its own, the place of the board or of the target', () => {
    const run = (known: Record<string, Place>) =>
      faultOf(() => choosePlan(graph, ecp5, target({ fps: 1e7 }), known)).place;
    expect(run({ 'target.board': place(1), target: place(4) })).toEqual(place(1));
    expect(run({ target: place(4) })).toEqual(place(4));
    expect(run({})).toBeUndefined();
  });
});
