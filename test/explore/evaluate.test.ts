import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { type Board, loadBoard } from '../../src/boards/index.ts';
import type { MixedRows } from '../../src/dsl/quant-method.ts';
import { createEvaluator } from '../../src/explore/evaluate/evaluator.ts';
import { createTemplates } from '../../src/explore/evaluate/frames.ts';
import { rowsInTile } from '../../src/explore/evaluate/row-share.ts';
import { stepTable } from '../../src/explore/evaluate/step-table.ts';
import { createTemplate } from '../../src/explore/evaluate/template.ts';
import { countFrameCycles, leastCycles } from '../../src/explore/evaluate/timeline.ts';
import { thinGraph } from '../../src/explore/graphs/thin.ts';
import { tileGroups } from '../../src/explore/space.ts';
import { rowGroups } from '../../src/plan/geometry.ts';
import { keyOutputs, latencies, planShape, type WeightPlace } from '../../src/plan/index.ts';
import { shapesOf } from '../../src/plan/tiles.ts';
import { graphOf, models } from './graphs.ts';

const places: readonly WeightPlace[] = [
  'onChip',
  { axiBits: 64 },
  { axiBits: 128 },
  { axiBits: 256 },
  { axiBits: 512 },
];
const bits = [
  [8, 8],
  [3, 5],
  [4, 4],
] as const;
/** Parameters of channels lie in external memory where block RAM is short. */
const FEW_BLOCKS = 'zcu102 with few block RAMs';

function boardOf(name: string): Board {
  if (name !== FEW_BLOCKS) return loadBoard(name, '.');
  const board = loadBoard('zcu102', '.');
  return { ...board, resources: { ...board.resources, bram36: 1 } };
}

/** Shares that a tile has in its own numbers. */
const rows: readonly MixedRows[] = [
  { kind: 'fixed', bits: 4, outputs: 1, of: 2 },
  { kind: 'powerOfTwo', bits: 4, outputs: 3, of: 4 },
];

describe.each(Object.keys(models) as (keyof typeof models)[])('plans of a %s model', (model) => {
  const group = model === 'deep' ? 8 : undefined;
  const graphs = [
    ...bits.map(([weights, activations]) => graphOf(model, weights, activations, { group })),
    ...(group ? [] : rows.map((own) => graphOf(model, 8, 8, { rows: own }))),
  ];
  const [reference] = graphs.map(thinGraph);
  if (!reference) throw new Error('no graph');
  const templates = createTemplates(reference);
  const random = createRandom(7);
  const pick = <T>(all: readonly T[]): T => all[random.nextInt(0, all.length - 1)] as T;
  const shapes = tileGroups(model === 'mean').flatMap(shapesOf);

  it('whose products are whole take no fewer cycles than the bound says', () => {
    let tight = 0;
    for (let n = 0; n < 40; n++) {
      const shape = pick(shapes);
      const template = createTemplate(reference.graph, { ...shape, vector: 1 });
      const latency = latencies(shape);
      const steps = template.frame(shape, latency, false);
      const table = stepTable(steps, shape, rowGroups(reference.graph, shape));
      const { perFrame } = countFrameCycles(table, latency);
      const least = leastCycles(table, latency);
      expect({ shape, ok: least <= perFrame }).toEqual({ shape, ok: true });
      if (least > 0.7 * perFrame) tight++;
    }
    expect(tight).toBeGreaterThan(0);
  });

  const boards = ['zcu104', 'arty-a7-100', 'ulx3s-85f', FEW_BLOCKS];
  it.each(boards)('are those of the planner on %s', (name) => {
    const board = boardOf(name);
    const evaluators = graphs.map((g) => createEvaluator(thinGraph(g), board, templates));
    let alone = 0;
    let streamed = 0;
    for (let n = 0; n < 18; n++) {
      const index = random.nextInt(0, graphs.length - 1);
      const graph = graphs[index];
      const evaluator = evaluators[index];
      if (!graph || !evaluator) throw new Error('no such graph');
      const tile = pick(shapes);
      const kinds = [false, true]
        .flatMap((primitives) => evaluator.kinds(tile, { primitives }))
        .filter(({ keys }) => keys % tile.vector === 0);
      // Rows of another kind are for outputs on LUTs, and not every tile and board has such.
      if (kinds.length === 0) continue;
      const { multipliers } = pick(kinds);
      if (multipliers.lutBits !== undefined) alone++;
      const place = pick(places);
      const shape = { ...tile, multipliers };
      const worked = evaluator.work(shape, place);
      const own = rowsInTile(graph, tile.outputs) ?? graph;
      const plan = planShape(own, board, 100, shape, place);
      if (plan.parameters.parameterStream) streamed++;
      if (!worked.exact) {
        expect(worked.cyclesPerFrame).toBeLessThanOrEqual(plan.cycles.perFrame);
        expect(worked.latencyCycles).toBeLessThanOrEqual(plan.cycles.latency);
        for (const [name, need] of Object.entries(worked.estimate)) {
          const most = plan.estimate[name as keyof typeof plan.estimate];
          expect({ name, place, ok: need <= most }).toEqual({ name, place, ok: true });
        }
        const exact = evaluator.workExactly(shape, place);
        expect(exact.cyclesPerFrame).toBe(plan.cycles.perFrame);
        expect(exact.estimate).toEqual(plan.estimate);
        for (const { multipliers: alike, latency, keys } of kinds) {
          if (latency.array !== latencies(shape).array || keys !== keyOutputs(shape)) continue;
          const other = { ...tile, multipliers: alike };
          const { estimate } = planShape(own, board, 100, other, place);
          expect(evaluator.workExactly(other, place).estimate).toEqual(estimate);
          break;
        }
        continue;
      }
      expect({
        ...{ shape, place },
        cycles: { perFrame: worked.cyclesPerFrame, latency: worked.latencyCycles },
        estimate: worked.estimate,
      }).toEqual({ shape, place, cycles: plan.cycles, estimate: plan.estimate });
    }
    if (name === FEW_BLOCKS) expect(streamed).toBeGreaterThan(0);
    else expect(alone > 0).toBe(board.lutInputs === 6);
  });
});
