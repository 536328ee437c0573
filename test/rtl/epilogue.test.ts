import { describe, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { applyEpilogue } from '../../src/golden/epilogue.ts';
import { type Epilogue, rangeOf, uniform } from '../../src/ir/index.ts';
import {
  hasIcarus,
  hasVerilator,
  icarus,
  memoryText,
  parameterList,
  verilate,
} from '../support/verilate.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

/** Words of an operation, and everything that is fixed for it. */
interface Operation {
  /** Columns are the lanes, rows the cycles. */
  readonly rows: number;
  readonly sums: readonly number[];
  readonly skips: readonly number[];
  readonly epilogue: Epilogue;
  readonly tableBase: number;
}

interface Shape {
  readonly lanes: number;
  readonly accumulator: number;
  readonly out: number;
  readonly skip: number;
  readonly table: number;
  readonly hasTable: boolean;
}

/** From the cycle of a sum to the cycle of its result. */
const LATENCY = 7;
const TABLE_DEPTH = 1024;

function bench(s: Shape) {
  const sumBits = s.accumulator + 1;
  const parameters = {
    TO: s.lanes,
    ACC_BITS: s.accumulator,
    BIAS_BITS: s.accumulator,
    SUM_BITS: sumBits,
    MULT_BITS: 16,
    // Room for the rounding constant of the largest shift.
    PROD_BITS: Math.max(sumBits + 17, 49),
    OUT_BITS: s.out,
    SKIP_BITS: s.skip,
    TABLE_BITS: s.table,
    TABLE_DEPTH,
    TABLE_ADDR_BITS: 10,
    HAS_TABLE: s.hasTable ? 1 : 0,
    TABLE_FILE: 'table.mem',
  };
  const names = [
    ...['op_first', 'shift', 'low', 'high', 'table_on', 'table_base', 'skip_on', 'skip_mult'],
    ...['skip_shift', 'sum', 'bias', 'mult', 'skip'],
  ];
  return {
    inputs: [
      { name: 'op_first', bits: 8 },
      { name: 'shift', bits: 6 },
      { name: 'low', bits: s.out },
      { name: 'high', bits: s.out },
      { name: 'table_on', bits: 1 },
      { name: 'table_base', bits: 10 },
      { name: 'skip_on', bits: 1 },
      { name: 'skip_mult', bits: 16 },
      { name: 'skip_shift', bits: 5 },
      { name: 'sum', bits: s.accumulator, lanes: s.lanes },
      { name: 'bias', bits: s.accumulator, lanes: s.lanes },
      { name: 'mult', bits: 16, lanes: s.lanes },
      { name: 'skip', bits: s.skip, lanes: s.lanes },
    ],
    outputs: [{ name: 'data', bits: s.out, lanes: s.lanes, signed: true }],
    body: [
      `vt_epilogue ${parameterList(parameters)} u_epilogue (`,
      ...names.map((name) => `  .${name}_i(${name}),`),
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

function randomOperation(random: Random, s: Shape, table: Int32Array, number: number): Operation {
  // Four words keep the settings of neighbours apart; an engine's operations are far longer.
  const rows = random.nextInt(4, 9);
  const accumulator = rangeOf(uniform(s.accumulator));
  const out = rangeOf(uniform(s.out));
  const residual = rangeOf(uniform(s.skip));
  const shifts = [0, 1, 2, 15, 16, 20, 24, 31, 40, 47];
  const shift = shifts[number % shifts.length] as number;
  const withTable = s.hasTable && number % 3 === 0;
  const withSkip = number % 2 === 0;
  const low = withTable ? random.nextInt(-128, 0) : withSkip ? residual.low : out.low;
  const high = withTable ? random.nextInt(1, 127) : withSkip ? residual.high : out.high;
  const narrow = number % 5 === 1 && !withTable;
  const length = high - low + 1;
  const tableBase = withTable ? random.nextInt(0, TABLE_DEPTH - length) : 0;
  const skipShifts = [0, 1, 15, 16, 31];
  return {
    rows,
    tableBase,
    sums: Array.from({ length: rows * s.lanes }, () =>
      corner(random, accumulator.low, accumulator.high),
    ),
    skips: Array.from({ length: rows * s.lanes }, () =>
      corner(random, residual.low, residual.high),
    ),
    epilogue: {
      bias: Int32Array.from({ length: s.lanes }, () =>
        corner(random, accumulator.low, accumulator.high),
      ),
      multiplier: Int32Array.from({ length: s.lanes }, () => corner(random, 1, 65535)),
      shift,
      low: narrow ? 0 : low,
      high: narrow ? 3 : high,
      table: withTable ? table.slice(tableBase, tableBase + length) : null,
      residual: withSkip
        ? {
            input: 'x',
            multiplier: corner(random, 1, 65535),
            shift: skipShifts[number % skipShifts.length] as number,
          }
        : null,
    },
  };
}

/** What stands on the unit's inputs while the operations go through it back to back. */
function drive(s: Shape, operations: readonly Operation[]) {
  const length = operations.reduce((sum, op) => sum + op.rows, 0) + LATENCY + 1;
  const cycles = Array.from({ length }, (): Record<string, number | number[]> => ({}));
  const at = (cycle: number) => cycles[cycle] as Record<string, number | number[]>;
  let start = 0;
  for (const { rows, sums, skips, epilogue, tableBase } of operations) {
    const row = (values: readonly number[], r: number) =>
      values.slice(r * s.lanes, (r + 1) * s.lanes);
    for (let stage = 0; stage < 8; stage++) {
      const cycle = at(start + stage);
      cycle.op_first = ((cycle.op_first as number | undefined) ?? 0) + 2 ** stage;
    }
    for (let stage = 2; stage <= 5; stage++) {
      Object.assign(at(start + stage), {
        shift: epilogue.shift,
        low: epilogue.low,
        high: epilogue.high,
        table_on: epilogue.table ? 1 : 0,
        table_base: tableBase,
        skip_on: epilogue.residual ? 1 : 0,
        skip_mult: epilogue.residual?.multiplier ?? 0,
        skip_shift: epilogue.residual?.shift ?? 0,
      });
    }
    for (let r = 0; r < rows; r++) {
      Object.assign(at(start + r), { sum: row(sums, r), bias: [...epilogue.bias] });
      at(start + r + 1).mult = [...epilogue.multiplier];
      at(start + r + 3).skip = row(skips, r);
    }
    start += rows;
  }
  return cycles;
}

function golden(s: Shape, op: Operation): Int32Array {
  const values = Int32Array.from(op.sums);
  const format = uniform(op.epilogue.residual ? s.skip : s.out);
  applyEpilogue(values, op.epilogue, Int32Array.from(op.skips), rangeOf(format));
  return values;
}

const shapes: Shape[] = [
  { lanes: 2, accumulator: 24, out: 16, skip: 16, table: 8, hasTable: true },
  { lanes: 1, accumulator: 30, out: 14, skip: 10, table: 5, hasTable: true },
  { lanes: 3, accumulator: 19, out: 12, skip: 12, table: 8, hasTable: false },
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
    const trace = compile(bench(s)).run(drive(s, operations), {
      'table.mem': memoryText(
        Array.from(table, (entry) => [entry]),
        s.table,
      ),
    });
    let cycle = LATENCY;
    const ends = { low: 0, high: 0 };
    for (const [i, op] of operations.entries()) {
      const expected = golden(s, op);
      for (let r = 0; r < op.rows; r++) {
        const row = expected.slice(r * s.lanes, (r + 1) * s.lanes);
        const where = `operation ${i}, row ${r}: ${JSON.stringify(op.epilogue)}`;
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
