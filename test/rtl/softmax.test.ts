import { describe, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { checkSoftmax } from '../../src/check/softmax.ts';
import { prepareSoftmax } from '../../src/golden/softmax.ts';
import { type ReciprocalTable, rangeOf, type SoftmaxNode, uniform } from '../../src/ir/index.ts';
import { type PlacedSoftmax, softmaxSettings, softmaxUnit } from '../../src/lower/softmax-unit.ts';
import { liftedTables } from '../../src/lower/units.ts';
import { addressBits, type TableSegment } from '../../src/plan/index.ts';
import { softmaxTables } from '../support/random-tables.ts';
import { hasIcarus, hasVerilator, icarus, memoryText, verilate } from '../support/verilate.ts';
import {
  expectRows,
  graphOfRows,
  type RowInstance,
  type RowOperation,
  type RowShape,
  type RowUnit,
  rowBench,
  rowStimulus,
  shareInside,
  unitParameters,
  widthsOf,
} from './rows.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

const SCORE_BITS = 12;
const PROB_BITS = 8;
const E_BITS = 12;

const unit: RowUnit = {
  module: 'vt_softmax',
  latency: (groups) => 2 * groups + 16,
  inBits: SCORE_BITS,
  outBits: PROB_BITS,
  outSigned: false,
};

// Whole rows, rows with a tail, one group, one element; rows that share words.
const shapes: RowShape[] = [
  { tokens: 1, vector: 1, columns: 5, inLanes: 2, outLanes: 1 },
  { tokens: 1, vector: 2, columns: 17, inLanes: 4, outLanes: 8 },
  { tokens: 1, vector: 3, columns: 10, inLanes: 6, outLanes: 3 },
  { tokens: 1, vector: 4, columns: 16, inLanes: 8, outLanes: 4 },
  { tokens: 1, vector: 4, columns: 2, inLanes: 4, outLanes: 4 },
  { tokens: 1, vector: 1, columns: 1, inLanes: 1, outLanes: 1 },
  { tokens: 2, vector: 2, columns: 12, inLanes: 4, outLanes: 2 },
  { tokens: 3, vector: 2, columns: 5, inLanes: 2, outLanes: 4 },
];

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

/** What the operations of a shape have in common: it decides how much of the unit is wiring. */
type Pool = 'real' | 'even' | 'any';
const pools: Pool[] = ['real', 'any', 'even'];

/** The tables of a real softmax, or codes that no softmax would have. */
function tablesOf(random: Random, columns: number, pool: Pool, number: number) {
  // A second softmax with other shifts: twice the reciprocals, one more to shift.
  if (pool === 'real' && number % 2 === 0) return softmaxTables(columns, 255);
  if (pool === 'real') return softmaxTables(columns, 63);
  const length = () => (pool === 'even' ? 2 ** random.nextInt(3, 6) : random.nextInt(1, 100));
  const codes = (count: number, high: number) =>
    Int32Array.from(
      { length: count },
      () => [0, high][random.nextInt(0, 5)] ?? random.nextInt(0, high),
    );
  const reciprocal = (): ReciprocalTable => {
    const shift = random.nextInt(18, 26);
    return {
      indexBias: random.nextInt(-(2 ** random.nextInt(8, 31)), 2 ** 12),
      indexShift: pool === 'even' ? random.nextInt(4, 6) : random.nextInt(0, 12),
      table: codes(length(), 65535),
      bias: pool === 'even' ? 2 ** (shift - 1) : random.nextInt(-(2 ** 31), 2 ** 31 - 1),
      shift,
    };
  };
  return {
    expBias: pool === 'even' ? random.nextInt(0, 1000) : random.nextInt(-1000, 1000),
    expShift: pool === 'even' ? random.nextInt(3, 5) : random.nextInt(0, 8),
    expTable: codes(length(), 4095),
    one: reciprocal(),
    two: reciprocal(),
  };
}

/** Appends entries to a table memory and gives the first one's address. */
function append(memory: number[], entries: Int32Array, pool: Pool): number {
  // Tables of a pool have at most so many entries.
  if (pool !== 'any') while (memory.length % 64 !== 0) memory.push(0);
  const base = memory.length;
  memory.push(...entries);
  return base;
}

/** An operation with the node that it computes and its tables. */
interface Operation extends RowOperation {
  readonly softmax: PlacedSoftmax;
}

function randomOperation(
  random: Random,
  { columns }: RowShape,
  tables: { readonly exponentials: number[]; readonly segments: TableSegment[] },
  number: number,
  pool: Pool,
): Operation {
  const rows = random.nextInt(1, 5);
  const input = Int32Array.from(
    Array.from({ length: rows }, () => rowOf(random, random.nextInt(0, 10), columns)).flat(),
  );
  const node: SoftmaxNode = {
    kind: 'softmax',
    output: {
      name: `y${number}`,
      shape: [1, rows, columns],
      format: uniform(PROB_BITS, false),
      scale: 1,
    },
    input: 'x',
    ...tablesOf(random, columns, pool, number),
  };
  const place = (entries: Int32Array) => {
    const { segments } = tables;
    const end = segments.reduce((last, s) => Math.max(last, s.base + s.entries.length), 0);
    const base = pool === 'any' ? end : Math.ceil(end / 64) * 64;
    segments.push({ tensor: node.output.name, path: '', base, entries });
    return base;
  };
  const expBase = append(tables.exponentials, node.expTable, pool);
  const softmax = { node, expBase, oneBase: place(node.one.table), twoBase: place(node.two.table) };
  return {
    rows,
    input,
    softmax,
    outBase: random.nextInt(0, 100),
    settings: { exp_base: expBase, one_base: softmax.oneBase, two_base: softmax.twoBase },
    expected: prepareSoftmax(node, graphOfRows([1, rows, columns], SCORE_BITS))(() => input),
  };
}

/** The unit as the lowering makes it for these operations, with their settings and memories. */
function made(random: Random, shape: RowShape, prefix: string, count: number, pool: Pool) {
  const tables = { exponentials: [] as number[], segments: [] as TableSegment[] };
  const list = Array.from({ length: count }, (_, i) =>
    randomOperation(random, shape, tables, i, pool),
  );
  const nodes = list.map(({ softmax }) => softmax.node);
  const { exponentials } = tables;
  const lowered = softmaxUnit(
    list.map(({ softmax }) => softmax),
    widthsOf(nodes, checkSoftmax, (node) => node.output.shape, SCORE_BITS),
    { scoreBits: SCORE_BITS, expBits: E_BITS, expDepth: exponentials.length },
  );
  const reciprocals: number[] = [];
  for (const { base, entries } of liftedTables(lowered, tables.segments)) {
    while (reciprocals.length < base) reciprocals.push(0);
    reciprocals.push(...entries);
  }
  const words = (entries: readonly number[]) => entries.map((entry) => [entry]);
  const bits = { exp: addressBits(exponentials.length), recip: addressBits(reciprocals.length) };
  const instance: RowInstance = {
    parameters: {
      KEYS: shape.columns,
      IN_LANES: shape.inLanes,
      OUT_LANES: shape.outLanes,
      SCORE_BITS,
      PROB_BITS,
      EXP_DEPTH: Math.max(2, exponentials.length),
      E_ADDR_BITS: bits.exp,
      EXP_FILE: `${prefix}exp.mem`,
      RECIP_DEPTH: Math.max(2, reciprocals.length),
      R_ADDR_BITS: bits.recip,
      RECIP_FILE: `${prefix}reciprocal.mem`,
      ...unitParameters(lowered.parameters),
    },
    settings: [
      { name: 'exp_base', bits: bits.exp },
      { name: 'one_base', bits: bits.recip },
      { name: 'two_base', bits: bits.recip },
      ...softmaxSettings(lowered, (list[0] as Operation).softmax),
    ],
  };
  const operations = list.map(({ softmax, ...rest }): RowOperation => {
    const chosen = softmaxSettings(lowered, softmax).map(({ name, value }) => [name, value]);
    return { ...rest, settings: { ...rest.settings, ...Object.fromEntries(chosen) } };
  });
  const files = {
    [`${prefix}exp.mem`]: memoryText(words(exponentials), E_BITS),
    [`${prefix}reciprocal.mem`]: memoryText(words(reciprocals), lowered.recipBits),
  };
  return { instance, operations, files, lifted: lowered.lifts.size > 0 };
}

const simulators = [
  { tool: 'Verilator', present: hasVerilator, compile: verilate, count: 12 },
  { tool: 'Icarus Verilog', present: hasIcarus, compile: icarus, count: 5 },
];

describe.each(simulators)('vt_softmax under $tool', ({ present, compile, count }) => {
  test.skipIf(!present)('equals the golden operator, in the stated cycles', () => {
    const random = createRandom(count);
    const units = shapes.map((shape, s) =>
      made(random, shape, `s${s}_`, count, pools[s % pools.length] as Pool),
    );
    const operations = units.map((u) => u.operations);
    const { cycles, files } = rowStimulus(unit, shapes, operations);
    const bench = rowBench(
      unit,
      shapes,
      units.map((u) => u.instance),
    );
    const memories = Object.assign({}, ...units.map((u) => u.files)) as Record<string, string>;
    expectRows(unit, shapes, operations, compile(bench).run(cycles, { ...files, ...memories }));
    // Some reciprocals must come multiplied, and most results not be saturated, or the test says
    // little.
    expect(units.filter((u) => u.lifted).length).toBeGreaterThan(3);
    expect(shareInside(operations.flat(), 0, 255)).toBeGreaterThan(0.3);
  });
});
