import { describe, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { prepareSoftmax } from '../../src/golden/softmax.ts';
import { type ReciprocalTable, rangeOf, type SoftmaxNode, uniform } from '../../src/ir/index.ts';
import { softmaxTables } from '../support/random-tables.ts';
import { hasIcarus, hasVerilator, icarus, memoryText, verilate } from '../support/verilate.ts';
import {
  expectRows,
  graphOfRows,
  type RowOperation,
  type RowShape,
  type RowUnit,
  rowBench,
  rowStimulus,
  shareInside,
} from './rows.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

const SCORE_BITS = 12;
const PROB_BITS = 8;
const EXP_DEPTH = 512;
const RECIP_DEPTH = 1024;

const part = (name: string) => [
  { name: `${name}_index_bias`, bits: 32 },
  { name: `${name}_index_shift`, bits: 6 },
  { name: `${name}_base`, bits: 10 },
  { name: `${name}_last`, bits: 10 },
  { name: `${name}_bias`, bits: 32 },
  { name: `${name}_shift`, bits: 6 },
];
const unit: RowUnit = {
  module: 'vt_softmax',
  settings: [
    { name: 'x_base', bits: 12 },
    { name: 'out_base', bits: 12 },
    { name: 'exp_bias', bits: 32 },
    { name: 'exp_shift', bits: 6 },
    { name: 'exp_base', bits: 9 },
    { name: 'exp_last', bits: 9 },
    ...part('one'),
    ...part('two'),
  ],
  outputs: [],
  latency: (groups) => 2 * groups + 16,
  inBits: SCORE_BITS,
  outBits: PROB_BITS,
  outSigned: false,
};

// Whole rows, rows with a tail, one group, one element.
const shapes: RowShape[] = [
  { vector: 1, columns: 5, inLanes: 2, outLanes: 1 },
  { vector: 2, columns: 17, inLanes: 4, outLanes: 8 },
  { vector: 3, columns: 10, inLanes: 6, outLanes: 3 },
  { vector: 4, columns: 16, inLanes: 8, outLanes: 4 },
  { vector: 4, columns: 2, inLanes: 4, outLanes: 4 },
  { vector: 1, columns: 1, inLanes: 1, outLanes: 1 },
];

function parameters({ columns, inLanes, outLanes }: RowShape, prefix: string) {
  return {
    KEYS: columns,
    IN_LANES: inLanes,
    OUT_LANES: outLanes,
    SCORE_BITS,
    PROB_BITS,
    E_BITS: 12,
    SUM_BITS: 12 + Math.ceil(Math.log2(columns)),
    R_BITS: 16,
    EXP_DEPTH,
    E_ADDR_BITS: 9,
    EXP_FILE: `${prefix}exp.mem`,
    RECIP_DEPTH,
    R_ADDR_BITS: 10,
    RECIP_FILE: `${prefix}reciprocal.mem`,
  };
}

/** Rows with one large score, equal scores, scores at both ends, and random ones. */
function rowOf(random: Random, kind: number, length: number): number[] {
  const { low, high } = rangeOf(uniform(SCORE_BITS));
  const peak = random.nextInt(0, length - 1);
  const values: ((c: number) => number)[] = [
    () => low,
    () => high,
    () => -1,
    (c) => (c === peak ? high : low),
    (c) => (c === peak ? low : high),
    (c) => (c % 2 === 0 ? 5 : -5),
  ];
  const value = values[kind] ?? (() => random.nextInt(low, high));
  return Array.from({ length }, (_, c) => value(c));
}

/** The tables of a real softmax, or codes that no softmax would have. */
function tablesOf(random: Random, columns: number, real: boolean) {
  if (real) return softmaxTables(columns, 255);
  const codes = (length: number, high: number) =>
    Int32Array.from({ length }, () => [0, high][random.nextInt(0, 5)] ?? random.nextInt(0, high));
  const reciprocal = (): ReciprocalTable => ({
    indexBias: random.nextInt(-(2 ** random.nextInt(8, 31)), 2 ** 12),
    indexShift: random.nextInt(0, 12),
    table: codes(random.nextInt(1, 100), 65535),
    bias: random.nextInt(-(2 ** 31), 2 ** 31 - 1),
    shift: random.nextInt(18, 26),
  });
  return {
    expBias: random.nextInt(-1000, 1000),
    expShift: random.nextInt(0, 8),
    expTable: codes(random.nextInt(1, 100), 4095),
    one: reciprocal(),
    two: reciprocal(),
  };
}

/** Appends entries to a table memory and gives the first one's address. */
function append(memory: number[], entries: Int32Array): number {
  const base = memory.length;
  memory.push(...entries);
  return base;
}

function randomOperation(
  random: Random,
  { columns }: RowShape,
  exponentials: number[],
  reciprocals: number[],
  number: number,
): RowOperation {
  const rows = random.nextInt(1, 5);
  const input = Int32Array.from(
    Array.from({ length: rows }, () => rowOf(random, random.nextInt(0, 10), columns)).flat(),
  );
  const tables = tablesOf(random, columns, number % 2 === 0);
  const node: SoftmaxNode = {
    kind: 'softmax',
    output: { name: 'y', shape: [1, rows, columns], format: uniform(PROB_BITS, false), scale: 1 },
    input: 'x',
    ...tables,
  };
  const settings = (name: string, table: ReciprocalTable) => ({
    [`${name}_index_bias`]: table.indexBias,
    [`${name}_index_shift`]: table.indexShift,
    [`${name}_base`]: append(reciprocals, table.table),
    [`${name}_last`]: table.table.length - 1,
    [`${name}_bias`]: table.bias,
    [`${name}_shift`]: table.shift,
  });
  return {
    rows,
    input,
    outBase: random.nextInt(0, 100),
    settings: {
      exp_bias: node.expBias,
      exp_shift: node.expShift,
      exp_base: append(exponentials, node.expTable),
      exp_last: node.expTable.length - 1,
      ...settings('one', node.one),
      ...settings('two', node.two),
    },
    expected: prepareSoftmax(node, graphOfRows([1, rows, columns], SCORE_BITS))(() => input),
  };
}

const simulators = [
  { tool: 'Verilator', present: hasVerilator, compile: verilate, seeds: [1, 2, 3, 4] },
  { tool: 'Icarus Verilog', present: hasIcarus, compile: icarus, seeds: [5] },
];

describe.each(simulators)('vt_softmax under $tool', ({ present, compile, seeds }) => {
  const compiled = compile(rowBench(unit, shapes, parameters));
  test.skipIf(!present).each(seeds)('equals the golden operator, seed %i', (seed) => {
    const random = createRandom(seed);
    const tables: Record<string, string> = {};
    const operations = shapes.map((shape, s) => {
      const exponentials: number[] = [];
      const reciprocals: number[] = [];
      // As many as the table memories hold.
      const list = Array.from({ length: 5 }, (_, i) =>
        randomOperation(random, shape, exponentials, reciprocals, i),
      );
      const words = (entries: readonly number[]) => entries.map((entry) => [entry]);
      tables[`s${s}_exp.mem`] = memoryText(words(exponentials), 12);
      tables[`s${s}_reciprocal.mem`] = memoryText(words(reciprocals), 16);
      return list;
    });
    const { cycles, files } = rowStimulus(unit, shapes, operations);
    expectRows(unit, shapes, operations, compiled.run(cycles, { ...files, ...tables }));
    // Most results must not be saturated, or the test says little.
    expect(shareInside(operations.flat(), 0, 255)).toBeGreaterThan(0.3);
  });
});
