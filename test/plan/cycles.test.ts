import { expect, test } from 'vitest';
import {
  countCycles,
  type Instruction,
  type IssueEvent,
  type MatmulOperation,
  type Program,
  type Tap,
} from '../../src/plan/index.ts';

const shape = { tokens: 1, inputs: 2, outputs: 2, vector: 2 };
/** A token is 4 channels: two groups of 2 lanes. 6 words come in, 3 results go out in 2 words. */
const groups = { channels: 2, keys: 2, inputWords: 6, rowExponent: 0, resultWords: 2, classes: 3 };

const tap: Tap = { tensor: 't', head: null, rowOffset: 0, columnOffset: 0 };
const product = (name: string, rows: number, columns: number): MatmulOperation => ({
  name,
  tap,
  rows,
  lead: 0,
  reduction: 4,
  columns,
  outputs: 2,
  elements: 4,
  a: { source: 'input', base: 0, stride: 2 },
  b: { source: 'weights', base: 0, stride: 0 },
  parameterBase: 0,
  shift: 0,
  low: 0,
  high: 1,
  tableBase: null,
  skip: null,
  out: { destination: 'residual', base: 0, stride: 2, part: 0 },
});

const step = (
  unit: Instruction['unit'],
  operation: number,
  maxMatmul: Instruction['maxMatmul'],
  idle: Instruction['idle'] = [],
): Instruction => ({ unit, operation, maxMatmul, idle, label: `${unit} ${operation}` });

const program: Program = {
  instructions: [
    step('input', 0, 3),
    step('matmul', 0, 3, ['input']),
    step('input', 0, 0),
    step('layerNorm', 0, 0),
    step('matmul', 1, 3, ['layerNorm', 'result']),
    step('result', 0, 0),
  ],
  loopStart: 1,
  matmuls: [product('embedding', 4, 4), product('head', 1, 3)],
  layerNorms: [
    {
      name: 'norm',
      tap,
      rows: 4,
      xBase: 0,
      parameterBase: 0,
      tableBase: 0,
      outBase: 0,
    },
  ],
  softmaxes: [],
  meanPools: [],
  weights: [],
  weightSections: [],
  parameters: [],
  activationTables: [],
  expTables: [],
  reciprocalTables: [],
  rsqrtTables: [],
  depths: {
    input: 6,
    activations: 8,
    normalized: 8,
    keys: 0,
    probabilities: 0,
    scores: 0,
    residual: 8,
    offset: 8,
    result: 2,
    weights: 16,
    parameters: 8,
    factors: 0,
    normParameters: 2,
  },
};

/*
 * A program worked by hand. Of the 2 x 2 array, the latencies are: loading a tile takes 2 rows and 3
 * cycles, so 5; with one adder level a pass lasts at least 1 + 12 = 13 cycles, and a result is
 * written 1 + 11 = 12 cycles after its word was issued.
 *
 * cycle
 *     2  input issues: fetch in 0, descriptor in 1. Its words come in 3 .. 8, it is idle in 9.
 *     9  embedding issues (it could from 5 on). 2 k tiles x 2 o tiles = 4 passes; 4 rows take less
 *        than the shortest pass, so each lasts 13. The first tile is taken in 9 + 5 = 14, the last
 *        in 14 + 3 * 13 = 53. Its last row is issued in 53 + 4, and written 12 later; in
 *        53 + 4 + 12 + 1 = 70 the product is seen finished.
 *    70  input of the next frame issues: no product may be under way. Idle in 77.
 *    73  layerNorm issues, three cycles after. 4 rows of 2 groups: idle in 73 + 5 * 2 + 18 = 101.
 *   101  head issues. 2 x 2 tiles again: first taken in 106, last in 145, finished in
 *        145 + 1 + 12 + 1 = 159.
 *   159  result issues: 2 words of two cycles each to fetch, 3 results to send. The last one is
 *        taken in 159 + 2 * 2 + 3 = 166, the unit is idle in 167.
 *   162  embedding of the second frame issues: the input has long been there. From here on every
 *        event lies 162 - 9 = 153 cycles after that of the frame before.
 */
test('a program worked by hand', () => {
  const events: IssueEvent[] = [];
  const report = countCycles(program, shape, groups, (event) => events.push(event));
  expect(events.slice(0, 7).map(({ at }) => at)).toEqual([2, 9, 70, 73, 101, 159, 162]);
  expect(events.slice(0, 7).map(({ waitedFor }) => waitedFor)).toEqual([
    null,
    'input',
    'products',
    null,
    'layerNorm',
    'products',
    null,
  ]);
  expect(events[1]?.array).toEqual({ taken: 14, free: 53 + 13, late: { first: 0, others: 0 } });
  expect(events[4]?.array).toEqual({ taken: 106, free: 145 + 13, late: { first: 0, others: 0 } });
  expect(report.perFrame).toBe(153);
  // From cycle 3, when the first word comes in, to cycle 166, both included.
  expect(report.latency).toBe(164);
});

test('products of one array follow each other without a gap', () => {
  const back = { ...program, instructions: [step('matmul', 0, 3), step('matmul', 1, 3)] };
  const events: IssueEvent[] = [];
  countCycles({ ...back, loopStart: 2 }, shape, groups, (event) => events.push(event));
  // The second issues when the loader is free, in 7 + 39 + 1 = 47; its first tile is loaded behind
  // the last pass of the first product, and taken when that is over.
  expect(events.map(({ at }) => at)).toEqual([2, 47]);
  expect(events[0]?.array).toEqual({ taken: 7, free: 7 + 4 * 13, late: { first: 0, others: 0 } });
  expect(events[1]?.array?.taken).toBe(7 + 4 * 13);
});
