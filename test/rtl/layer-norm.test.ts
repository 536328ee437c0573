import { describe, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { prepareLayerNorm } from '../../src/golden/layer-norm.ts';
import { type LayerNormNode, rangeOf, uniform } from '../../src/ir/index.ts';
import { dyadic } from '../support/random-tables.ts';
import { hasIcarus, hasVerilator, icarus, memoryText, verilate } from '../support/verilate.ts';
import {
  expectRows,
  graphOfRows,
  groupsOf,
  type RowOperation,
  type RowShape,
  type RowUnit,
  rowBench,
  rowStimulus,
  shareInside,
} from './rows.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

const RES_BITS = 16;
const OUT_BITS = 8;
const BIAS_BITS = 48;
const W_BITS = 12;
const TABLE_DEPTH = 512;
const PARAM_DEPTH = 256;

const unit: RowUnit = {
  module: 'vt_layer_norm',
  settings: [
    { name: 'x_base', bits: 12 },
    { name: 'p_base', bits: 8 },
    { name: 'mean_mult', bits: 16 },
    { name: 'mean_shift', bits: 6 },
    { name: 'var_bias', bits: 40 },
    { name: 'var_shift', bits: 6 },
    { name: 'table_base', bits: 9 },
    { name: 'table_last', bits: 9 },
    { name: 'shift', bits: 6 },
    { name: 'low', bits: OUT_BITS },
    { name: 'high', bits: OUT_BITS },
    { name: 'out_base', bits: 12 },
    { name: 'key_on', bits: 1 },
    { name: 'key_base', bits: 12 },
  ],
  outputs: [
    { name: 'key_valid', bits: 1 },
    { name: 'key_addr', bits: 12 },
  ],
  latency: (groups) => groups + 17,
  inBits: RES_BITS,
  outBits: OUT_BITS,
  outSigned: true,
};

// Whole rows, rows with a tail, one group, one element.
const shapes: RowShape[] = [
  { vector: 1, columns: 5, inLanes: 2, outLanes: 4 },
  { vector: 2, columns: 7, inLanes: 4, outLanes: 2 },
  { vector: 3, columns: 7, inLanes: 3, outLanes: 6 },
  { vector: 4, columns: 16, inLanes: 8, outLanes: 8 },
  { vector: 4, columns: 3, inLanes: 4, outLanes: 4 },
  { vector: 1, columns: 1, inLanes: 1, outLanes: 1 },
  { vector: 2, columns: 33, inLanes: 2, outLanes: 8 },
];

function parameters({ columns, vector, inLanes, outLanes }: RowShape, prefix: string) {
  const bits = Math.ceil(Math.log2(columns));
  return {
    CHANNELS: columns,
    RES_LANES: inLanes,
    OUT_LANES: outLanes,
    RES_BITS,
    OUT_BITS,
    SUM_BITS: RES_BITS + bits,
    SQ_BITS: 2 * RES_BITS + bits,
    W_BITS,
    BIAS_BITS,
    VBIAS_BITS: 40,
    TABLE_DEPTH,
    T_ADDR_BITS: 9,
    TABLE_FILE: `${prefix}table.mem`,
    PARAM_DEPTH,
    P_ADDR_BITS: 8,
    PARAM_FILE: `${prefix}parameters.mem`,
    K_ADDR_BITS: 12,
    VL: vector,
  };
}

/** A row of numbers that strain one of the sums, or random ones. */
function rowOf(random: Random, kind: number, length: number): number[] {
  const { low, high } = rangeOf(uniform(RES_BITS));
  const level = random.nextInt(low, high);
  const values: ((c: number) => number)[] = [
    () => low,
    () => high,
    () => 0,
    (c) => (c % 2 === 0 ? low : high),
    () => level,
    (c) => (c === 0 ? high : low),
    () => level + random.nextInt(-3, 3),
  ];
  const value = values[kind] ?? (() => random.nextInt(low, high));
  return Array.from({ length }, (_, c) => Math.max(low, Math.min(high, value(c))));
}

function randomOperation(
  random: Random,
  shape: RowShape,
  table: Int32Array,
  words: number[][],
  number: number,
): RowOperation {
  const { columns, vector } = shape;
  const rows = random.nextInt(1, 5);
  const format = number % 3 === 0 ? uniform(7, false) : uniform(random.nextInt(2, OUT_BITS));
  const input = Int32Array.from(
    Array.from({ length: rows }, () => rowOf(random, random.nextInt(0, 12), columns)).flat(),
  );
  const tableBase = random.nextInt(0, TABLE_DEPTH - 2);
  const entries = random.nextInt(1, TABLE_DEPTH - tableBase);
  // The mean of one element is that element, which needs no shift and no rounding. The
  // numbers are then such that a mean off by one shows.
  const whole = columns === 1 && number % 2 === 0;
  const mean = whole ? { multiplier: 1, shift: 0 } : dyadic(1 / columns, 31);
  const shift = whole ? 16 : random.nextInt(0, 10) === 0 ? 0 : random.nextInt(24, 40);
  const extreme = number % 4 === 0 && !whole;
  const node: LayerNormNode = {
    kind: 'layerNorm',
    output: { name: 'y', shape: [rows, columns], format, scale: 1 },
    input: 'x',
    path: 'norm.weight',
    rows,
    meanMultiplier: mean.multiplier,
    meanShift: mean.shift,
    varianceBias: extreme ? random.nextInt(-(2 ** 31), 2 ** 31 - 1) * 256 : random.nextInt(0, 255),
    varianceShift: random.nextInt(0, 3) === 0 ? random.nextInt(0, 40) : random.nextInt(20, 30),
    table: table.slice(tableBase, tableBase + entries),
    weight: Int32Array.from({ length: columns }, () =>
      extreme ? -2048 : random.nextInt(-2048, 2047),
    ),
    bias: Float64Array.from({ length: columns }, () =>
      extreme
        ? -(2 ** 47) + random.nextInt(0, 9)
        : whole
          ? random.nextInt(-(2 ** 20), 2 ** 20)
          : random.nextInt(-(2 ** 31), 2 ** 31 - 1) * 64,
    ),
    shift,
  };
  const parameterBase = words.length;
  for (let c = 0; c < columns; c += vector) {
    const lane = (i: number) => (c + i < columns ? [node.bias[c + i], node.weight[c + i]] : [1, 1]);
    words.push(Array.from({ length: vector }, (_, i) => lane(i) as number[]).flat());
  }
  const { low, high } = rangeOf(format);
  return {
    rows,
    input,
    outBase: random.nextInt(0, 100),
    settings: {
      p_base: parameterBase,
      mean_mult: node.meanMultiplier,
      mean_shift: node.meanShift,
      var_bias: node.varianceBias,
      var_shift: node.varianceShift,
      table_base: tableBase,
      table_last: entries - 1,
      shift,
      low,
      high,
      key_on: number % 2,
      key_base: random.nextInt(0, 100),
    },
    expected: prepareLayerNorm(node, graphOfRows([rows, columns], RES_BITS))(() => input),
  };
}

const simulators = [
  { tool: 'Verilator', present: hasVerilator, compile: verilate, count: 25 },
  { tool: 'Icarus Verilog', present: hasIcarus, compile: icarus, count: 5 },
];

describe.each(simulators)('vt_layer_norm under $tool', ({ present, compile, count }) => {
  test.skipIf(!present)('equals the golden operator, in the stated cycles', () => {
    const random = createRandom(3);
    const tables: Record<string, string> = {};
    const operations = shapes.map((shape, s) => {
      const corners = [0, 1, 32768, 65535];
      const table = Int32Array.from(
        { length: TABLE_DEPTH },
        () => corners[random.nextInt(0, 8)] ?? random.nextInt(0, 65535),
      );
      const words: number[][] = [];
      const list = Array.from({ length: Math.min(count, 256 / groupsOf(shape)) }, (_, i) =>
        randomOperation(random, shape, table, words, i),
      );
      const widths = Array.from({ length: shape.vector }, () => [BIAS_BITS, W_BITS]).flat();
      tables[`s${s}_parameters.mem`] = memoryText(words, widths);
      tables[`s${s}_table.mem`] = memoryText(
        Array.from(table, (entry) => [entry]),
        16,
      );
      return list;
    });
    const { cycles, files } = rowStimulus(unit, shapes, operations);
    const trace = compile(rowBench(unit, shapes, parameters)).run(cycles, { ...files, ...tables });
    expectRows(unit, shapes, operations, trace);
    // Enough results must not be saturated, or the test says little.
    expect(shareInside(operations.flat(), -2, 1)).toBeLessThan(0.5);
    expect(shareInside(operations.flat(), -128, 127)).toBeGreaterThan(0.5);

    // The second destination has the same rows at addresses of its own, where it is asked for.
    let keys = 0;
    for (let cycle = 3; cycle < trace.cycles; cycle++) keys += trace.value(cycle, 's1_key_valid');
    const groups = groupsOf(shapes[1] as RowShape);
    const wanted = operations[1]?.filter((op) => op.settings.key_on === 1) ?? [];
    expect(keys).toBe(wanted.reduce((sum, op) => sum + op.rows * groups, 0));
    const first = trace.lanes(3 + 1 + unit.latency(groups), 's1_key_addr')[0];
    expect(first).toBe(operations[1]?.[0]?.settings.key_base);
  });
});
