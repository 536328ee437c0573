import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { IntegerGraph, IntegerNode } from '../../src/ir/index.ts';
import { intervals, runFailures, timingFailures } from '../../src/verify/judge.ts';
import { locate, operationLayouts, uncoveredTensors } from '../../src/verify/layout.ts';
import type { BenchResult } from '../../src/verify/run-bench.ts';
import { planRuns } from '../../src/verify/runs.ts';
import { expectedValues, inputBeats } from '../../src/verify/vectors.ts';
import { verilatorMessages } from '../../src/verify/verilator.ts';
import { dummyManifest, dummySubject } from './dummy.ts';

const subject = dummySubject(1);
const { manifest } = subject;
afterAll(() => rmSync(subject.folder, { recursive: true, force: true }));
/** A graph that has the dummy's tensors; nothing evaluates it. */
const graph = {
  name: 'dummy',
  input: { tensor: { name: 'input', shape: [4, 5] } },
  nodes: [...new Map(subject.layouts.map(({ tensor }) => [tensor.name, tensor])).values()].map(
    (output) => ({ output }) as IntegerNode,
  ),
} as unknown as IntegerGraph;

describe('layout', () => {
  test('the values of an operation are in the order of its tap', () => {
    const layouts = operationLayouts(manifest, graph);
    expect(layouts.map(({ elements }) => elements)).toEqual(
      subject.layouts.map(({ elements }) => elements),
    );
    // Rows of a column group of two lanes, then the next group; the last group has one column.
    expect(Array.from(layouts[0]?.elements ?? [])).toEqual([
      ...[0, 1, 5, 6, 10, 11],
      ...[2, 3, 7, 8, 12, 13],
      ...[4, 9, 14],
    ]);
    expect(Array.from(layouts[1]?.elements ?? [])).toEqual([0, 1, 3, 4, 2, 5]);
  });

  test('an element is named by head, row and column of its tensor', () => {
    const [, tiled, , , secondHead] = operationLayouts(manifest, graph);
    if (!tiled || !secondHead) throw new Error('the dummy has these operations');
    expect(locate(tiled, 5)).toEqual({ head: null, token: 1, channel: 2 });
    expect(locate(secondHead, 6)).toEqual({ head: 1, token: 1, channel: 0 });
  });

  test('an operation that leaves its tensor is an error', () => {
    const wrong = dummyManifest();
    for (const operation of wrong.operations) operation.columnOffset = 100;
    expect(() => operationLayouts(wrong, graph)).toThrow('is larger than its tensor');
  });

  test('values that no tap shows, or two, are told', () => {
    const layouts = operationLayouts(manifest, graph);
    expect(uncoveredTensors(graph, layouts)).toEqual([]);
    expect(uncoveredTensors(graph, layouts.slice(0, 4))).toEqual([
      'The taps show 4 of the 8 values of softmax exactly once.',
      'The taps show 0 of the 10 values of meanPool0 exactly once.',
    ]);
    expect(uncoveredTensors(graph, [...layouts, ...layouts.slice(0, 1)])).toEqual([
      'The taps show 0 of the 15 values of matmul0 exactly once.',
    ]);
  });
});

describe('vectors', () => {
  test('each patch fills whole words', () => {
    const input = { words: 4, wordsPerPatch: 2, lanes: 2, laneBits: 8 };
    const beats = inputBeats(Int32Array.of(1, -1, 3, -128, 5, 127), input);
    expect(Array.from(beats)).toEqual([1, 255, 3, 0x5a, 128, 5, 127, 0x5a]);
    expect(() => inputBeats(Int32Array.of(1, 2, 3), input)).toThrow('do not fill');
  });

  test('a tensor that the golden model does not give is an error', () => {
    const tensors = new Map([['result', Int32Array.of(1, 2, 3, 4)]]);
    expect(() => expectedValues(subject.layouts, tensors, manifest.result)).toThrow('matmul0');
    expect(() => expectedValues([], tensors, { classes: 3, tensor: 'result' })).toThrow('4 codes');
    expect(Array.from(expectedValues([], tensors, manifest.result))).toEqual([1, 2, 3, 4]);
  });
});

describe('judgement', () => {
  const ends = [141, 182, 223];
  const right: BenchResult = {
    ...{ cycles: 500, values: 9, mismatches: 0, first: null, lastOperation: 5 },
    operationFrames: manifest.operations.map(() => 3),
    frames: ends.map((lastResult) => ({
      ...{ firstInput: lastResult - 40, lastResult, mismatches: 0, results: [1] },
    })),
    registers: { id: 0x5654524d, config: 0xc0ffee01, errors: 0, frames: 3, cycles: 41 },
    ...{ hang: null, errors: [], errorCount: 0, traced: false, warnings: [], seconds: 1 },
    aborted: false,
  };

  test('nothing is wrong with a right run', () => {
    expect(intervals(right)).toEqual([41, 41]);
    expect(runFailures(right, manifest)).toEqual([]);
    expect(timingFailures(right, manifest)).toEqual([]);
  });

  test('a run that compared nothing fails', () => {
    expect(runFailures({ ...right, values: 0 }, manifest)).toEqual(['Nothing was compared.']);
  });

  test('a run whose registers did not answer fails', () => {
    expect(runFailures({ ...right, registers: null }, manifest)).toEqual([
      'The registers were not read.',
    ]);
  });

  test('frames of different lengths are no steady state', () => {
    const frames = right.frames.map((f, i) => (i === 0 ? { ...f, lastResult: 131 } : f));
    expect(timingFailures({ ...right, frames }, manifest)).toContainEqual(
      expect.stringMatching(/took 51 and 41 cycles/),
    );
  });

  test('violations that are not listed are counted', () => {
    const failures = runFailures({ ...right, errors: ['a'], errorCount: 5 }, manifest);
    expect(failures).toEqual(['a', '4 more such violations.']);
  });
});

describe('runs', () => {
  test('every run has three frames or more and a reset inside the first one', () => {
    for (let seed = 0; seed < 50; seed++) {
      const runs = planRuns(manifest, { images: 1, stalls: true, seed });
      expect(runs.map(({ frames, stalls }) => [frames, stalls])).toEqual([
        [3, false],
        [3, true],
      ]);
      for (const { reset } of runs) {
        expect(reset.at).toBeGreaterThanOrEqual(1);
        expect(reset.at).toBeLessThanOrEqual(manifest.predicted.latencyCycles);
      }
    }
  });
});

test('messages of Verilator are its warnings and errors, without its last line', () => {
  const output =
    '%Warning-WIDTH: a.v:1:2: Too wide\n    1 | wire\n%Error: b.v:3:4: syntax error\n%Error: Exiting due to 1 error(s)\n';
  expect(verilatorMessages(output)).toEqual([
    '%Warning-WIDTH: a.v:1:2: Too wide',
    '%Error: b.v:3:4: syntax error',
  ]);
});
