import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import {
  countCycles,
  type EngineShape,
  type IssueEvent,
  latencies,
  type Plan,
  planShape,
} from '../../src/plan/index.ts';
import { type RandomGraphOptions, randomGraph } from '../support/random-graph.ts';
import { runProgram } from './memory-model.ts';

vi.setConfig({ testTimeout: 60_000 });

const board = loadBoard('zcu104', '.');
const RUNS = 40;

/** Shapes as the design language allows them: widths that no tile divides, one token, one head. */
const graphs: fc.Arbitrary<Partial<RandomGraphOptions>> = fc
  .record({
    seed: fc.integer({ min: 0, max: 1000 }),
    heads: fc.integer({ min: 1, max: 4 }),
    headWidth: fc.integer({ min: 1, max: 9 }),
    depth: fc.integer({ min: 1, max: 2 }),
    tokens: fc.integer({ min: 2, max: 20 }),
    hidden: fc.integer({ min: 1, max: 40 }),
    classes: fc.integer({ min: 1, max: 11 }),
    patch: fc.integer({ min: 1, max: 3 }),
    pooling: fc.constantFrom('class' as const, 'mean' as const),
    activation: fc.constantFrom('gelu' as const, 'relu' as const, 'none' as const),
  })
  .map(({ headWidth, ...rest }) => ({ ...rest, width: rest.heads * headWidth }));
const shapes: fc.Arbitrary<EngineShape> = fc.constantFrom(
  ...[
    [1, 1, 1],
    [2, 2, 1],
    [2, 4, 2],
    [4, 2, 2],
    [4, 4, 4],
    [3, 6, 3],
    [6, 3, 1],
    [8, 2, 2],
    [8, 8, 4],
    [5, 5, 5],
  ].map(([inputs = 1, outputs = 1, vector = 1]) => ({ inputs, outputs, vector })),
);

/** Checks a property of the plans of many designs. */
function ofEveryPlan(property: (plan: Plan) => void): void {
  fc.assert(
    fc.property(graphs, shapes, (options, shape) => {
      property(planShape(check(randomGraph(options)), board, 100, shape));
    }),
    { numRuns: RUNS, seed: 7 },
  );
}

/** Counts how often each word of a memory is named by ranges of words. */
function counted(depth: number, words: Iterable<number>): number[] {
  const counts = Array<number>(depth).fill(0);
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

describe('the schedule of any design', () => {
  test('reads from every memory what was written there for it, inside the memory', () => {
    ofEveryPlan((plan) => expect(runProgram(plan).slice(0, 3)).toEqual([]));
  });

  test('of which an operand is moved by one word is noticed', () => {
    const options = { tokens: 5, width: 12, heads: 3, hidden: 10 };
    const plan = planShape(check(randomGraph(options)), board, 100, {
      inputs: 4,
      outputs: 2,
      vector: 2,
    });
    expect(runProgram(plan)).toEqual([]);
    for (const [i, op] of plan.program.matmuls.entries()) {
      const moved = [
        op.a.source === 'weights' ? null : { ...op, a: { ...op.a, base: op.a.base + 1 } },
        op.b.source === 'weights' ? null : { ...op, b: { ...op.b, base: op.b.base + 1 } },
        // What is written elsewhere is missed by the reader; nothing of the plan reads the result.
        op.out.destination === 'result'
          ? null
          : { ...op, out: { ...op.out, base: op.out.base + 1 } },
      ];
      for (const changed of moved) {
        if (!changed) continue;
        const matmuls = plan.program.matmuls.map((own, n) => (n === i ? changed : own));
        const faults = runProgram({ ...plan, program: { ...plan.program, matmuls } });
        expect(faults, op.name).not.toEqual([]);
      }
    }
  });

  test('uses every weight word in one product', () => {
    ofEveryPlan(({ program, shape }) => {
      const words: number[] = [];
      for (const { a, b, rows, columns, reduction } of program.matmuls) {
        const perRow = Math.ceil(reduction / shape.inputs);
        const { source, base, stride } = b.source === 'weights' ? b : a;
        if (source !== 'weights') continue;
        const count = b.source === 'weights' ? columns : rows;
        for (let row = 0; row < count; row++) {
          for (let k = 0; k < perRow; k++) words.push(base + row * stride + k);
        }
      }
      const counts = counted(program.depths.weights, words);
      expect(counts).toHaveLength(program.depths.weights);
      expect(new Set(counts)).toEqual(new Set([1]));
    });
  });

  test('lays the segments of weights and parameters one after another', () => {
    ofEveryPlan(({ program, shape }) => {
      const weights = program.weights.flatMap(({ base, rows, reduction }) =>
        Array.from({ length: rows * Math.ceil(reduction / shape.inputs) }, (_, i) => base + i),
      );
      expect(weights).toEqual(Array.from({ length: program.depths.weights }, (_, i) => i));
      const parameters = program.parameters.flatMap(({ base, words, channels }) => {
        expect(words - channels).toBeGreaterThanOrEqual(0);
        return Array.from({ length: words }, (_, i) => base + i);
      });
      expect(parameters).toEqual(Array.from({ length: program.depths.parameters }, (_, i) => i));
    });
  });

  test('reads parameters inside their memory, and all of them', () => {
    ofEveryPlan(({ program, shape }) => {
      const words = program.matmuls.flatMap(({ parameters, rows, columns }) => {
        const { base, byRow } = parameters;
        const count = byRow ? rows : Math.ceil(columns / shape.outputs) * shape.outputs;
        return Array.from({ length: count }, (_, i) => base + i);
      });
      expect(Math.max(...words)).toBeLessThan(program.depths.parameters);
      const unread = counted(program.depths.parameters, words).flatMap((n, i) => (n ? [] : [i]));
      // What is read by row needs no padding; it has some, because segments are whole tiles.
      const padding = program.parameters.flatMap(({ base, channels, words: all }) =>
        Array.from({ length: all - channels }, (_, i) => base + channels + i),
      );
      expect(unread.filter((word) => !padding.includes(word))).toEqual([]);
    });
  });

  test('writes every element of every tensor once a frame', () => {
    ofEveryPlan(({ program, checked }) => {
      const written = new Map<string, number>();
      const add = (tensor: string, elements: number) =>
        written.set(tensor, (written.get(tensor) ?? 0) + elements);
      for (const { tap, rows, columns } of program.matmuls) add(tap.tensor, rows * columns);
      for (const { tap, rows } of program.layerNorms) {
        add(tap.tensor, rows * shapeOf(checked.graph.nodes, tap.tensor)[1]);
      }
      for (const { tap, rows } of program.softmaxes) {
        add(tap.tensor, rows * shapeOf(checked.graph.nodes, tap.tensor)[2]);
      }
      for (const { tap } of program.meanPools) {
        add(tap.tensor, shapeOf(checked.graph.nodes, tap.tensor)[1]);
      }
      for (const { output } of checked.graph.nodes) {
        const elements = output.shape.reduce((product, n) => product * n, 1);
        expect(written.get(output.name), output.name).toBe(elements);
      }
    });
  });

  test('never has more than three products under way, and waits for what it has to', () => {
    ofEveryPlan(({ program, shape, geometry }) => {
      const events: IssueEvent[] = [];
      countCycles(program, shape, geometry, (event) => events.push(event));
      const ends: number[] = [];
      for (const { instruction, at, array } of events) {
        const underWay = ends.filter((end) => end > at).length;
        expect(underWay).toBeLessThanOrEqual(instruction.maxMatmul);
        if (!array) continue;
        expect(underWay + 1).toBeLessThanOrEqual(3);
        const { rows } = program.matmuls[instruction.operation] ?? { rows: 0 };
        const pass = Math.max(rows, latencies(shape).minPass);
        ends.push(array.free - pass + rows + latencies(shape).result + 1);
      }
      // Strictly in order, at most one instruction in three cycles.
      events.slice(1).forEach((event, i) => {
        expect(event.at - (events[i]?.at ?? 0)).toBeGreaterThanOrEqual(3);
      });
      // One product streams at a time.
      const arrays = events.flatMap(({ array }) => (array ? [array] : []));
      arrays.slice(1).forEach(({ taken }, i) => {
        expect(taken).toBeGreaterThanOrEqual(arrays[i]?.free ?? 0);
      });
    });
  });

  test('counts the products of the model, and never more than the array can do', () => {
    ofEveryPlan(({ program, products, utilization, checked, cycles }) => {
      const expected = checked.graph.nodes.reduce((sum, node) => {
        const [rows, columns] = [node.output.shape.at(-2) ?? 1, node.output.shape.at(-1) ?? 1];
        if (node.kind === 'linear') return sum + rows * node.weight.length;
        if (node.kind === 'patchEmbedding') return sum + (rows - node.leading) * node.weight.length;
        if (node.kind === 'scores') {
          const [, , keys] = node.output.shape as [number, number, number];
          return sum + rows * keys * shapeOf(checked.graph.nodes, node.query)[1];
        }
        return node.kind === 'weightedValues' ? sum + rows * rows * columns : sum;
      }, 0);
      expect(products).toBe(expected);
      expect(program.matmuls.reduce((sum, op) => sum + op.products, 0)).toBe(products);
      expect(utilization).toBeGreaterThan(0);
      expect(utilization).toBeLessThanOrEqual(1);
      expect(cycles.latency).toBeGreaterThan(0);
    });
  });
});

function shapeOf(nodes: Plan['checked']['graph']['nodes'], name: string) {
  const shape = nodes.find((node) => node.output.name === name)?.output.shape ?? [];
  return shape as readonly number[] as [number, number, number];
}
