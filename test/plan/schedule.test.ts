import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { loadBoard } from '../../src/boards/index.ts';
import { check } from '../../src/check/index.ts';
import { tensorType } from '../../src/ir/index.ts';
import {
  countCycles,
  type IssueEvent,
  latencies,
  type MatmulOperation,
  type Plan,
  planShape,
  type Tap,
  usefulProducts,
} from '../../src/plan/index.ts';
import { randomGraph } from '../support/random-graph.ts';
import type { Subject } from './access.ts';
import { runProgram } from './memory-model.ts';
import { graphs, shapeOf, shapes, subjectOf } from './subjects.ts';

vi.setConfig({ testTimeout: 60_000 });

const board = loadBoard('zcu104', '.');
const RUNS = 40;

/** Checks a property of the plans of many designs. */
function ofEveryPlan(property: (plan: Plan) => void): void {
  fc.assert(
    fc.property(graphs, shapes, (options, shape) => {
      property(planShape(check(randomGraph(options)), board, 100, shape));
    }),
    { numRuns: RUNS, seed: 7 },
  );
}

/** Checks a property of the programs of many designs, with and without products cut in halves. */
function ofEveryProgram(property: (subject: Subject) => void): void {
  fc.assert(
    fc.property(graphs, shapes, fc.boolean(), (options, shape, overlapNorms) => {
      property(subjectOf(options, shape, { overlapNorms }));
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
    ofEveryProgram((subject) => expect(runProgram(subject).slice(0, 3)).toEqual([]));
  });

  test('does so with streamed weights', () => {
    fc.assert(
      fc.property(graphs, shapes, fc.boolean(), (options, shape, overlapNorms) => {
        const subject = subjectOf(options, shape, { overlapNorms, streamed: true });
        expect(subject.program.matmuls.some(({ b }) => b.source === 'weights')).toBe(false);
        expect(runProgram(subject).slice(0, 3)).toEqual([]);
      }),
      { numRuns: 15, seed: 8 },
    );
  });

  test.each([
    ['whole', shapeOf(1, 4, 2, 2), false],
    ['whole, two tokens side by side', shapeOf(2, 2, 4, 2), false],
    ['cut around LayerNorm', shapeOf(1, 4, 4, 2), true],
    ['cut around LayerNorm, two tokens side by side', shapeOf(2, 4, 2, 1), true],
  ] as const)(
    'of which an operand is moved by one word is noticed: %s',
    (_, shape, overlapNorms) => {
      const options = { tokens: 5, width: 12, heads: 3, hidden: 10 };
      const subject = subjectOf(options, shape, { overlapNorms });
      expect(runProgram(subject)).toEqual([]);
      expect(subject.program.matmuls.some(({ name }) => name.endsWith('.lower'))).toBe(
        overlapNorms,
      );
      for (const [i, op] of subject.program.matmuls.entries()) {
        const moved: (MatmulOperation | null)[] = [
          { ...op, a: { ...op.a, base: op.a.base + 1 } },
          { ...op, b: { ...op.b, base: op.b.base + 1 } },
          { ...op, parameterBase: op.parameterBase + 1 },
          // A stride leads nowhere when all rows lie in one word.
          op.rows > shape.tokens ? { ...op, a: { ...op.a, stride: op.a.stride + 1 } } : null,
          op.rows > shape.tokens ? { ...op, out: { ...op.out, stride: op.out.stride + 1 } } : null,
          op.skip && { ...op, skip: { ...op.skip, base: op.skip.base + 1 } },
          // What is written elsewhere is missed by the reader; nothing of the plan reads the result.
          op.out.destination === 'result'
            ? null
            : { ...op, out: { ...op.out, base: op.out.base + 1 } },
        ];
        for (const changed of moved) {
          if (!changed) continue;
          const matmuls = subject.program.matmuls.map((own, n) => (n === i ? changed : own));
          const faults = runProgram({ ...subject, program: { ...subject.program, matmuls } });
          expect(faults, op.name).not.toEqual([]);
        }
      }
    },
  );

  test('takes every weight word for every part of the rows', () => {
    ofEveryProgram(({ program, shape }) => {
      // Halves of the rows take the same tiles, one half after the other.
      const words = program.matmuls.flatMap(({ b, columns, reduction, name }) => {
        const tiles = Math.ceil(reduction / shape.inputs) * Math.ceil(columns / shape.outputs);
        if (b.source !== 'weights' || name.endsWith('.lower')) return [];
        return Array.from({ length: tiles * shape.outputs }, (_, i) => b.base + i);
      });
      const counts = counted(program.depths.weights, words);
      expect(counts).toHaveLength(program.depths.weights);
      expect(new Set(counts)).toEqual(new Set([1]));
    });
  });

  test('lays the segments of weights and parameters one after another', () => {
    ofEveryProgram(({ program, shape }) => {
      const weights = program.weights.flatMap(({ base, groups, reduction }) => {
        const rows = groups.count * Math.ceil(groups.width / shape.outputs) * shape.outputs;
        const words = rows * Math.ceil(reduction / shape.inputs);
        return Array.from({ length: words }, (_, i) => base + i);
      });
      expect(weights).toEqual(Array.from({ length: program.depths.weights }, (_, i) => i));
      const parameters = program.parameters.flatMap(({ base, words, channels }) => {
        expect(words - channels).toBeGreaterThanOrEqual(0);
        return Array.from({ length: words }, (_, i) => base + i);
      });
      expect(parameters).toEqual(Array.from({ length: program.depths.parameters }, (_, i) => i));
    });
  });

  test('reads parameters inside their memory, and all of them', () => {
    ofEveryProgram(({ program, shape }) => {
      const words = program.matmuls.flatMap(({ parameterBase, columns }) => {
        const count = Math.ceil(columns / shape.outputs) * shape.outputs;
        return Array.from({ length: count }, (_, i) => parameterBase + i);
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
    ofEveryProgram(({ program, graph }) => {
      const written = new Map<string, Uint8Array>();
      const add = (tap: Tap, rows: number, columns: number) => {
        const shape = tensorType(graph, tap.tensor).shape;
        const [height = 0, width = 0] = shape.slice(-2);
        const counts = written.get(tap.tensor) ?? new Uint8Array(shape.reduce((n, m) => n * m, 1));
        for (let r = tap.rowOffset; r < tap.rowOffset + rows; r++) {
          for (let c = tap.columnOffset; c < tap.columnOffset + columns; c++) {
            const at = ((tap.head ?? 0) * height + r) * width + c;
            expect(r < height && c < width).toBe(true);
            counts[at] = (counts[at] ?? 0) + 1;
          }
        }
        written.set(tap.tensor, counts);
      };
      const widthOf = ({ tensor }: Tap) => tensorType(graph, tensor).shape.at(-1) ?? 0;
      for (const { tap, rows, columns } of program.matmuls) add(tap, rows, columns);
      for (const { tap, rows } of program.layerNorms) add(tap, rows, widthOf(tap));
      for (const { tap, rows } of program.softmaxes) add(tap, rows, widthOf(tap));
      for (const { tap } of program.meanPools) add(tap, 1, widthOf(tap));
      for (const { output } of graph.nodes) {
        expect(new Set(written.get(output.name)), output.name).toEqual(new Set([1]));
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
        const words = Math.ceil(rows / shape.tokens);
        const pass = Math.max(words, latencies(shape).minPass);
        ends.push(array.free - pass + words + latencies(shape).result + 1);
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
          return sum + rows * keys * (tensorType(checked.graph, node.query).shape[1] ?? 0);
        }
        return node.kind === 'weightedValues' ? sum + rows * rows * columns : sum;
      }, 0);
      expect(products).toBe(expected);
      expect(program.matmuls.reduce((sum, op) => sum + usefulProducts(op), 0)).toBe(products);
      expect(utilization).toBeGreaterThan(0);
      expect(utilization).toBeLessThanOrEqual(1);
      expect(cycles.latency).toBeGreaterThan(0);
    });
  });
});
