import { describe, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { applyEpilogue } from '../../src/golden/epilogue.ts';
import { type Epilogue, rangeOf, uniform } from '../../src/ir/index.ts';
import { epilogueSettings, epilogueUnit, type Requantized } from '../../src/lower/epilogue-unit.ts';
import {
  hasIcarus,
  hasVerilator,
  icarus,
  memoryText,
  parameterList,
  verilate,
} from '../support/verilate.ts';
import { unitParameters } from './rows.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

/** Words of an operation, and everything that is fixed for it. */
interface Operation {
  /** Columns are the lanes; a cycle takes `tokens` rows. */
  readonly rows: number;
  readonly sums: readonly number[];
  readonly skips: readonly number[];
  /** Added instead of the channel's bias. */
  readonly offsets: readonly number[] | null;
  readonly epilogue: Epilogue;
  readonly tableBase: number;
}

interface Shape {
  /** TP: rows that pass side by side. */
  readonly tokens: number;
  /** TO: columns. */
  readonly lanes: number;
  readonly accumulator: number;
  readonly out: number;
  readonly skip: number;
  readonly table: number;
  readonly hasTable: boolean;
  /** Any limits, or those of number formats only. */
  readonly anyLimits: boolean;
  readonly shifts: readonly number[];
  readonly skipShifts: readonly number[];
  /** Whether sums are multiplied. */
  readonly multiplied: boolean;
  /** Bits of the offsets that take the place of the bias, where there are any. */
  readonly offset: number | null;
}

type Driven = Record<string, number | number[]>;

/** From the cycle of a sum to the cycle of its result. */
const LATENCY = 7;
const TABLE_DEPTH = 1024;
const SKIP_MULT_BITS = 18;

/** The unit as the lowering makes it for these operations. */
function made(s: Shape, operations: readonly Operation[]) {
  const sumBits = Math.max(s.accumulator, s.offset ?? 0) + 2;
  // Room for the rounding constant of the largest shift.
  const productBits = s.multiplied ? Math.max(sumBits + 17, 49) : sumBits;
  const lowered = epilogueUnit(
    operations.map(requantized),
    {
      HAS_MULT: s.multiplied,
      PROD_BITS: productBits,
      OUT_BITS: s.out,
      RES_BITS: s.skip,
      TABLE_BITS: s.table,
      TABLE_DEPTH,
    },
    10,
  );
  return { lowered, sumBits, productBits };
}

/** An operation as the lowering sees it. */
function requantized({ epilogue, tableBase }: Operation): Requantized {
  const { shift, low, high, table, residual } = epilogue;
  const skip = residual && { source: 'residual' as const, base: 0, stride: 0, ...residual };
  return { shift, low, high, tableBase: table ? tableBase : null, skip };
}

function bench(s: Shape, operations: readonly Operation[]) {
  const wide = s.tokens * s.lanes;
  const { lowered, sumBits, productBits } = made(s, operations);
  const settings = epilogueSettings(lowered, requantized(operations[0] as Operation));
  const parameters = {
    TP: s.tokens,
    TO: s.lanes,
    ACC_BITS: s.accumulator,
    BIAS_BITS: sumBits - 1,
    SUM_BITS: sumBits,
    MULT_BITS: 16,
    OFFSET_BIAS: s.offset === null ? 0 : 1,
    OFFSET_BITS: s.offset === null ? 4 : sumBits - 1,
    PROD_BITS: productBits,
    OUT_BITS: s.out,
    SKIP_BITS: s.skip,
    TABLE_BITS: s.table,
    TABLE_DEPTH,
    TABLE_ADDR_BITS: 10,
    HAS_TABLE: s.hasTable ? 1 : 0,
    TABLE_FILE: 'table.mem',
    ...unitParameters(lowered.parameters),
  };
  const inputs = [
    { name: 'op_first', bits: 8 },
    { name: 'op_first_before', bits: 1 },
    { name: 'bias_src', bits: 1 },
    ...settings.map(({ name, bits }) => ({ name, bits })),
    { name: 'offset', bits: parameters.OFFSET_BITS, lanes: wide },
    { name: 'sum', bits: s.accumulator, lanes: wide },
    { name: 'bias', bits: sumBits - 1, lanes: s.lanes },
    { name: 'mult', bits: 16, lanes: s.lanes },
    { name: 'skip', bits: s.skip, lanes: wide },
  ];
  return {
    inputs,
    outputs: [{ name: 'data', bits: s.out, lanes: wide, signed: true }],
    body: [
      `vt_epilogue ${parameterList(parameters)} u_epilogue (`,
      ...inputs.map(({ name }) => `  .${name}_i(${name}),`),
      '  .clk_i(clk), .data_o(data)',
      ');',
    ].join('\n'),
  };
}

/** Numbers at and around the ends of a range, and any in between. */
function corner(random: Random, low: number, high: number): number {
  const corners = [low, low + 1, -1, 0, 1, high - 1, high];
  const pick = random.nextInt(0, 2 * corners.length);
  const value = corners[pick] ?? random.nextInt(low, high);
  return Math.max(low, Math.min(high, value));
}

/** Limits of a table, of the residual stream, of the output, or of two bits. */
function limits(random: Random, s: Shape, number: number, table: boolean, skip: boolean) {
  if (table && s.anyLimits) return { low: random.nextInt(-128, 0), high: random.nextInt(1, 127) };
  if (table) return s.multiplied ? { low: -128, high: 127 } : { low: 0, high: 63 };
  if (number % 5 === 1) return { low: 0, high: 3 };
  return rangeOf(uniform(skip ? s.skip : s.out));
}

function randomOperation(random: Random, s: Shape, table: Int32Array, number: number): Operation {
  // Five words keep the settings of neighbours apart; an engine's operations are far longer.
  const rows = random.nextInt(5, 9) * s.tokens;
  const accumulator = rangeOf(uniform(s.accumulator));
  const residual = rangeOf(uniform(s.skip));
  const shift = s.shifts[number % s.shifts.length] as number;
  const withTable = s.hasTable && number % 3 === 0;
  const withSkip = number % 2 === 0;
  const { low, high } = limits(random, s, number, withTable, withSkip);
  const length = high - low + 1;
  // Tables of 2^k entries begin at multiples of them, if they all can.
  const step = s.anyLimits ? 1 : length;
  const places = Math.floor((TABLE_DEPTH - length) / step);
  const tableBase = withTable ? step * random.nextInt(0, places) : 0;
  const length2D = { length: rows * s.lanes };
  const offset = s.offset !== null && number % 3 !== 1 ? rangeOf(uniform(s.offset)) : null;
  return {
    rows,
    tableBase,
    sums: Array.from(length2D, () => corner(random, accumulator.low, accumulator.high)),
    skips: Array.from(length2D, () => corner(random, residual.low, residual.high)),
    offsets: offset && Array.from(length2D, () => corner(random, offset.low, offset.high)),
    epilogue: {
      bias: Int32Array.from({ length: s.lanes }, () =>
        corner(random, accumulator.low, accumulator.high),
      ),
      multiplier: Int32Array.from({ length: s.lanes }, () =>
        s.multiplied ? corner(random, 1, 65535) : 1,
      ),
      shift,
      low,
      high,
      table: withTable ? table.slice(tableBase, tableBase + length) : null,
      residual: withSkip
        ? {
            input: 'x',
            multiplier: corner(random, 1, 2 ** SKIP_MULT_BITS - 1),
            shift: s.skipShifts[number % s.skipShifts.length] as number,
          }
        : null,
    },
  };
}

/** What stands on the unit's inputs while the operations go through it back to back. */
function drive(s: Shape, operations: readonly Operation[]) {
  const { lowered } = made(s, operations);
  const words = operations.reduce((sum, op) => sum + op.rows / s.tokens, 0);
  const cycles = Array.from({ length: words + LATENCY + 2 }, (): Driven => ({}));
  const at = (cycle: number) => cycles[cycle] as Driven;
  // Operations begin one cycle after the first, since a setting comes in the cycle before.
  let start = 1;
  for (const op of operations) {
    const { rows, sums, skips, offsets, epilogue } = op;
    const word = (values: readonly number[], n: number) =>
      values.slice(n * s.tokens * s.lanes, (n + 1) * s.tokens * s.lanes);
    Object.assign(at(start - 1), { op_first_before: 1, bias_src: offsets ? 1 : 0 });
    for (let stage = 0; stage < 8; stage++) {
      const cycle = at(start + stage);
      cycle.op_first = ((cycle.op_first as number | undefined) ?? 0) + 2 ** stage;
    }
    const chosen = epilogueSettings(lowered, requantized(op)).map((f) => [f.name, f.value]);
    for (let stage = 1; stage <= 5; stage++) {
      Object.assign(at(start + stage), Object.fromEntries(chosen));
    }
    // Without multipliers the biases hold the constant that rounds.
    const half = s.multiplied || epilogue.shift === 0 ? 0 : 2 ** (epilogue.shift - 1);
    const bias = [...epilogue.bias].map((b) => b + half);
    for (let n = 0; n < rows / s.tokens; n++) {
      Object.assign(at(start + n), { sum: word(sums, n), bias });
      if (offsets) at(start + n).offset = word(offsets, n).map((b) => b + half);
      at(start + n + 1).mult = [...epilogue.multiplier];
      at(start + n + 3).skip = word(skips, n);
    }
    start += rows / s.tokens;
  }
  return cycles;
}

function golden(s: Shape, op: Operation): Int32Array {
  const values = Int32Array.from(op.sums);
  const format = uniform(op.epilogue.residual ? s.skip : s.out);
  // An offset for every element stands in for the bias, and takes part in all that follows.
  const { offsets, epilogue } = op;
  const biased = offsets ? values.map((sum, i) => sum + (offsets[i] ?? 0)) : values;
  const used = offsets ? { ...epilogue, bias: epilogue.bias.map(() => 0) } : epilogue;
  applyEpilogue(biased, used, Int32Array.from(op.skips), rangeOf(format));
  return biased;
}

const everyShift = [0, 1, 2, 15, 16, 20, 24, 31, 40, 47];
const everySkipShift = [0, 1, 15, 16, 31];
const shapes: Shape[] = [
  {
    ...{ tokens: 1, lanes: 2, accumulator: 24, out: 16, skip: 16, table: 8, hasTable: true },
    ...{ anyLimits: true, shifts: everyShift, skipShifts: everySkipShift },
    ...{ multiplied: true, offset: null },
  },
  {
    ...{ tokens: 1, lanes: 1, accumulator: 30, out: 14, skip: 10, table: 5, hasTable: true },
    ...{ anyLimits: false, shifts: [16, 20, 21, 24], skipShifts: [15, 16] },
    ...{ multiplied: true, offset: null },
  },
  {
    ...{ tokens: 1, lanes: 3, accumulator: 19, out: 12, skip: 12, table: 8, hasTable: false },
    ...{ anyLimits: false, shifts: everyShift, skipShifts: [16] },
    ...{ multiplied: true, offset: null },
  },
  {
    ...{ tokens: 2, lanes: 2, accumulator: 20, out: 12, skip: 12, table: 6, hasTable: true },
    ...{ anyLimits: false, shifts: [0, 1, 2, 3, 8], skipShifts: [18, 19, 21] },
    ...{ multiplied: false, offset: 19 },
  },
];
const simulators = [
  { tool: 'Verilator', present: hasVerilator, compile: verilate, count: 600 },
  { tool: 'Icarus Verilog', present: hasIcarus, compile: icarus, count: 60 },
];

describe.each(simulators)('vt_epilogue under $tool', ({ present, compile, count }) => {
  test.skipIf(!present).each(shapes)('equals the golden epilogue, %j', (s) => {
    const random = createRandom(s.lanes);
    const entries = rangeOf(uniform(s.table));
    const table = Int32Array.from({ length: TABLE_DEPTH }, () =>
      corner(random, entries.low, entries.high),
    );
    const operations = Array.from({ length: count }, (_, i) =>
      randomOperation(random, s, table, i),
    );
    const trace = compile(bench(s, operations)).run(drive(s, operations), {
      'table.mem': memoryText(
        Array.from(table, (entry) => [entry]),
        s.table,
      ),
    });
    let cycle = 1 + LATENCY;
    const ends = { low: 0, high: 0 };
    for (const [i, op] of operations.entries()) {
      const expected = golden(s, op);
      const wide = s.tokens * s.lanes;
      for (let n = 0; n < op.rows / s.tokens; n++) {
        const row = expected.slice(n * wide, (n + 1) * wide);
        const where = `operation ${i}, word ${n}: ${JSON.stringify(op.epilogue)}`;
        expect(trace.lanes(cycle, 'data'), where).toEqual([...row]);
        cycle++;
        const { low, high } = rangeOf(uniform(op.epilogue.residual ? s.skip : s.out));
        for (const value of row) {
          if (value === low) ends.low++;
          if (value === high) ends.high++;
        }
      }
    }
    // The inputs must have reached saturation at both ends, or the test says little.
    expect(Math.min(ends.low, ends.high)).toBeGreaterThan(20);
  });
});
