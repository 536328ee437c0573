import { describe, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { checkLayerNorm } from '../../src/check/layer-norm.ts';
import { prepareLayerNorm } from '../../src/golden/layer-norm.ts';
import { type LayerNormNode, type NumberFormat, rangeOf, uniform } from '../../src/ir/index.ts';
import { layerNormSettings, layerNormUnit } from '../../src/lower/layer-norm-unit.ts';
import { dyadic } from '../support/random-tables.ts';
import { hasIcarus, hasVerilator, icarus, memoryText, verilate } from '../support/verilate.ts';
import {
  expectRows,
  graphOfRows,
  groupsOf,
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

const RES_BITS = 16;
const OUT_BITS = 8;
const BIAS_BITS = 48;
const VBIAS_BITS = 40;
const W_BITS = 12;
const TABLE_DEPTH = 512;
const PARAM_DEPTH = 256;

const unit: RowUnit = {
  module: 'vt_layer_norm',
  latency: (groups) => groups + 17,
  inBits: RES_BITS,
  outBits: OUT_BITS,
  outSigned: true,
};

// Whole rows, rows with a tail, one group, one element; rows that share words.
const shapes: RowShape[] = [
  { tokens: 1, vector: 1, columns: 5, inLanes: 2, outLanes: 4 },
  { tokens: 1, vector: 2, columns: 7, inLanes: 4, outLanes: 2 },
  { tokens: 1, vector: 3, columns: 7, inLanes: 3, outLanes: 6 },
  { tokens: 1, vector: 4, columns: 16, inLanes: 8, outLanes: 8 },
  { tokens: 1, vector: 4, columns: 3, inLanes: 4, outLanes: 4 },
  { tokens: 1, vector: 1, columns: 1, inLanes: 1, outLanes: 1 },
  { tokens: 1, vector: 2, columns: 33, inLanes: 2, outLanes: 8 },
  { tokens: 2, vector: 2, columns: 12, inLanes: 4, outLanes: 2 },
  { tokens: 3, vector: 2, columns: 5, inLanes: 2, outLanes: 4 },
];

/** An operation with the node that it computes. */
interface Norm extends RowOperation {
  readonly node: LayerNormNode;
  readonly tableBase: number;
}

/** The unit as the lowering makes it for these operations, with their settings. */
function made(shape: RowShape, prefix: string, list: readonly Norm[]) {
  const nodes = list.map(({ node }) => node);
  const widths = widthsOf(nodes, checkLayerNorm, (node) => node.output.shape, RES_BITS);
  const lowered = layerNormUnit(nodes, widths, {
    outBits: OUT_BITS,
    rowExponent: 0,
    weightBits: W_BITS,
    biasBits: BIAS_BITS,
    varBiasBits: VBIAS_BITS,
    tableBases: list.map(({ tableBase }) => tableBase),
  });
  const chosen = (node: LayerNormNode) => layerNormSettings(lowered, node);
  const instance: RowInstance = {
    parameters: {
      CHANNELS: shape.columns,
      RES_LANES: shape.inLanes,
      OUT_LANES: shape.outLanes,
      RES_BITS,
      OUT_BITS,
      TABLE_DEPTH,
      T_ADDR_BITS: 9,
      TABLE_FILE: `${prefix}table.mem`,
      PARAM_DEPTH,
      P_ADDR_BITS: 8,
      PARAM_FILE: `${prefix}parameters.mem`,
      ...unitParameters(lowered.parameters),
    },
    settings: [
      { name: 'p_base', bits: 8 },
      { name: 'mean_mult', bits: lowered.meanMultiplierBits },
      { name: 'var_bias', bits: VBIAS_BITS },
      { name: 'table_base', bits: 9 },
      ...chosen(nodes[0] as LayerNormNode),
    ],
  };
  const operations = list.map(
    ({ node, ...rest }): RowOperation => ({
      ...rest,
      settings: {
        ...rest.settings,
        ...Object.fromEntries(chosen(node).map(({ name, value }) => [name, value])),
      },
    }),
  );
  return { instance, operations, tableBits: lowered.tableBits };
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

/** What the operations of a shape have in common: it decides how much of the unit is wiring. */
interface Pool {
  readonly shifts: readonly number[];
  readonly varianceShifts: readonly number[];
  /** Tables of 2^k entries at multiples of them. */
  readonly even: boolean;
  readonly formats: readonly NumberFormat[];
  /** Bits that the multipliers of means lose, and a mean whose shift is beyond its product. */
  readonly lostMeanBits: readonly number[];
}

/** Of a mean that is always zero: a multiplier of 1 and a shift that no sum reaches. */
const BEYOND = -1;

const formats = [uniform(7, false), uniform(OUT_BITS), uniform(2), uniform(5)];
const pools: Pool[] = [
  {
    shifts: [30],
    varianceShifts: [24],
    even: true,
    formats: [uniform(OUT_BITS)],
    lostMeanBits: [0],
  },
  {
    shifts: [0, 24, 30, 33, 40],
    varianceShifts: [0, 20, 25, 40],
    even: false,
    formats,
    lostMeanBits: [0, 3, 9, BEYOND],
  },
  {
    shifts: [29, 30, 31, 32],
    varianceShifts: [22, 23, 24],
    even: true,
    formats,
    lostMeanBits: [0, 1, 2],
  },
];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.nextInt(0, list.length - 1)] as T;
}

/** 1/columns as an integer and a shift, some of its last bits lost. */
function meanOf(columns: number, lost: number) {
  if (lost === BEYOND) return { multiplier: 1, shift: 47 };
  const { multiplier, shift } = dyadic(1 / columns, 31);
  return { multiplier: Math.round(multiplier / 2 ** lost), shift: shift - lost };
}

function randomOperation(
  random: Random,
  shape: RowShape,
  table: Int32Array,
  words: number[][],
  number: number,
  pool: Pool,
): Norm {
  const { columns, vector } = shape;
  const rows = random.nextInt(1, 5);
  const format = pick(random, pool.formats);
  const input = Int32Array.from(
    Array.from({ length: rows }, () => rowOf(random, random.nextInt(0, 12), columns)).flat(),
  );
  const entries = pool.even ? 128 : random.nextInt(1, TABLE_DEPTH / 2);
  const tableBase = pool.even ? 128 * random.nextInt(0, 3) : random.nextInt(0, TABLE_DEPTH / 2);
  // The mean of one element is that element, which needs no shift and no rounding. The
  // numbers are then such that a mean off by one shows.
  const whole = columns === 1 && number % 2 === 0;
  const mean = whole
    ? { multiplier: 1, shift: 0 }
    : meanOf(columns, pick(random, pool.lostMeanBits));
  const shift = whole ? 16 : pick(random, pool.shifts);
  const extreme = number % 4 === 0 && !whole;
  const node: LayerNormNode = {
    kind: 'layerNorm',
    output: { name: `y${number}`, shape: [rows, columns], format, scale: 1 },
    input: 'x',
    path: 'norm.weight',
    rows,
    meanMultiplier: mean.multiplier,
    meanShift: mean.shift,
    varianceBias: extreme ? random.nextInt(-(2 ** 31), 2 ** 31 - 1) * 256 : random.nextInt(0, 255),
    varianceShift: pick(random, pool.varianceShifts),
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
  return {
    rows,
    input,
    node,
    tableBase,
    outBase: random.nextInt(0, 100),
    settings: {
      p_base: parameterBase,
      mean_mult: node.meanMultiplier,
      var_bias: node.varianceBias,
      table_base: tableBase,
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
    const units = shapes.map((shape, s) => {
      const corners = [0, 1, 32768, 65535];
      const table = Int32Array.from(
        { length: TABLE_DEPTH },
        () => corners[random.nextInt(0, 8)] ?? random.nextInt(0, 65535),
      );
      const words: number[][] = [];
      const list = Array.from({ length: Math.min(count, 256 / groupsOf(shape)) }, (_, i) =>
        randomOperation(random, shape, table, words, i, pools[s % pools.length] as Pool),
      );
      const unit = made(shape, `s${s}_`, list);
      const widths = Array.from({ length: shape.vector }, () => [BIAS_BITS, W_BITS]).flat();
      tables[`s${s}_parameters.mem`] = memoryText(words, widths);
      tables[`s${s}_table.mem`] = memoryText(
        Array.from(table, (entry) => [entry]),
        unit.tableBits,
      );
      return unit;
    });
    const operations = units.map((u) => u.operations);
    const instances = units.map((u) => u.instance);
    const { cycles, files } = rowStimulus(unit, shapes, operations);
    const trace = compile(rowBench(unit, shapes, instances)).run(cycles, {
      ...files,
      ...tables,
    });
    expectRows(unit, shapes, operations, trace);
    // Enough results must not be saturated, or the test says little.
    expect(shareInside(operations.flat(), -2, 1)).toBeLessThan(0.5);
    expect(shareInside(operations.flat(), -128, 127)).toBeGreaterThan(0.5);
  });
});
