import { describe, expect, test } from 'vitest';
import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import { DiagnosticsError } from '../../src/diagnostics/index.ts';
import type { Target } from '../../src/dsl/design.ts';
import { multiplierKinds } from '../../src/dsl/design.ts';
import {
  chooseMultipliers,
  choosePlan,
  latencies,
  legalMultipliers,
  type Multipliers,
  planShape,
} from '../../src/plan/index.ts';
import { estimateResources } from '../../src/plan/resources.ts';
import { randomGraph } from '../support/random-graph.ts';

const large = loadBoard('zcu102', '.');
const ecp5 = loadBoard('ulx3s-85f', '.');
const tile = { tokens: 2, inputs: 8, outputs: 8, vector: 4 };
const graphOf = (bits: number) =>
  check(
    randomGraph({
      width: 24,
      heads: 3,
      tokens: 17,
      hidden: 48,
      depth: 1,
      weightBits: bits,
      activationBits: bits,
    }),
  );
const wide = graphOf(8);
const narrow = graphOf(4);
const kindsOf = (legal: ReturnType<typeof legalMultipliers>) =>
  legal.flatMap(({ style, lutOutputs }) => (lutOutputs === 0 ? [multiplierKinds[style]] : []));

describe('multipliers that are legal', () => {
  test('four products per DSP want operands of few bits', () => {
    expect(kindsOf(legalMultipliers(wide.graph, tile, large))).toEqual(['single', 'double', 'lut']);
    expect(kindsOf(legalMultipliers(narrow.graph, tile, large))).toContain('quad');
  });

  test('multipliers of 18 bits do not pack, and LUTs of four inputs have no lanes', () => {
    expect(kindsOf(legalMultipliers(narrow.graph, tile, ecp5))).toEqual(['single']);
  });

  test('primitives are instances where products are packed', () => {
    const legal = legalMultipliers(narrow.graph, tile, large, { primitives: true });
    const cells = legal.filter((m) => m.lutOutputs === 0).map((m) => m.cell);
    expect(cells).toEqual([0, 1, 1, 0]);
  });

  test('one to seven eighths of the outputs on LUTs, or as many as asked for', () => {
    const splits = (target: Partial<Target>) => [
      ...new Set(legalMultipliers(wide.graph, tile, large, target).map((m) => m.lutOutputs)),
    ];
    expect(splits({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(splits({ lutOutputs: 3 })).toEqual([0, 3]);
    expect(splits({ lutOutputs: 8 })).toEqual([0]);
    const small = legalMultipliers(wide.graph, tile, ecp5).filter((m) => m.lutOutputs > 0);
    expect(small).toEqual([]);
  });
});

describe('the planner takes', () => {
  const chosen = (graph: typeof wide, dsp: number, lut = large.resources.lut) => {
    const plan = planShape(graph, large, 100, tile);
    const estimate = ({ style, cell, lutOutputs }: Multipliers) =>
      estimateResources(
        { ...plan.parameters, STYLE: style, CELL: cell, LUT_TO: lutOutputs },
        large,
      );
    const legal = legalMultipliers(graph.graph, tile, large);
    const fits = (need: { lut: number; dsp: number }) => need.lut <= lut && need.dsp <= dsp;
    const { style, lutOutputs } = chooseMultipliers(legal, estimate, fits);
    return `${multiplierKinds[style]}${lutOutputs > 0 ? ` and ${lutOutputs} on LUTs` : ''}`;
  };

  test('the fewest DSPs that do', () => {
    expect(chosen(wide, 2520)).toBe('double');
    expect(chosen(narrow, 2520)).toBe('quad');
  });

  test('LUTs where DSPs do not suffice, or where they cost no more than DSPs', () => {
    expect(chosen(wide, 100)).toBe('lut');
    expect(chosen(graphOf(2), 2520)).toBe('lut');
  });

  test('both where neither suffices alone', () => {
    const units = 3 * tile.vector + 4 + tile.vector + 2 * tile.tokens * tile.outputs;
    const dsps = (tile.inputs * tile.outputs * tile.tokens) / 2;
    const onLuts = planShape(wide, large, 100, {
      ...tile,
      multipliers: { style: 3, cell: 0, aBits: 8, bBits: 8, lutOutputs: 0 },
    }).estimate.lut;
    expect(chosen(wide, units + 0.75 * dsps, onLuts - 1)).toBe('double and 2 on LUTs');
    expect(chosen(wide, units + 0.5 * dsps, onLuts - 1)).toBe('double and 4 on LUTs');
  });

  const target = (more: Partial<Target>): Target => ({ board: 'zcu102', tile, ...more });

  test('what the design asks for, with the latency that it has', () => {
    const plans = multiplierKinds.map((multipliers) =>
      choosePlan(narrow, large, target({ multipliers })),
    );
    expect(plans.map((plan) => plan.parameters.STYLE)).toEqual([0, 1, 2, 3]);
    for (const plan of plans) {
      expect(plan.parameters.ARRAY_LATENCY).toBe(latencies(plan.shape).array);
    }
    expect(new Set(plans.map((plan) => plan.parameters.ARRAY_LATENCY)).size).toBeGreaterThan(2);
  });

  test.each([
    [{ multipliers: 'quad' }, 'target.multipliers', /'quad' cannot multiply 8 by 8 bits.*zcu102/],
    [{ multipliers: 'lut', primitives: true }, 'target.multipliers', /DSP primitives .*'lut'/],
    [{ lutOutputs: 8 }, 'target.lutOutputs', /8 outputs on LUTs .* tile of 8 outputs on zcu102/],
    [
      { lutOutputs: 3, lutOperands: 'weights' },
      'target.lutOutputs',
      /3 outputs on LUTs for weights alone leave 5 of 8/,
      /: 4 outputs on LUTs are legal/,
    ],
    [{ lutOperands: 'weights' }, 'target.lutOperands', /there are none/, /at least 1/],
  ] as readonly [Partial<Target>, string, RegExp, RegExp?][])(
    'no %o for operands of 8 bits',
    (more, at, message, hint = /'double'/) => {
      const place = { file: 'my.vit.ts', line: 4, column: 2 };
      try {
        choosePlan(wide, large, target(more), { [at]: place });
        expect.unreachable('a plan was found');
      } catch (error) {
        if (!(error instanceof DiagnosticsError)) throw error;
        expect(error.diagnostics).toMatchObject([{ code: 'VT415', place }]);
        expect(error.diagnostics[0]?.message).toMatch(message);
        expect(error.diagnostics[0]?.hint).toMatch(hint);
      }
    },
  );
});
