import { describe, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { prepareMeanPool } from '../../src/golden/mean-pool.ts';
import { type MeanPoolNode, rangeOf, uniform } from '../../src/ir/index.ts';
import {
  type Bench,
  hasIcarus,
  hasVerilator,
  icarus,
  memoryText,
  parameterList,
  verilate,
} from '../support/verilate.ts';
import { graphOfRows } from './rows.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

const RES_BITS = 12;
const MAX_ROWS = 40;
const LATENCY = 6;

interface Shape {
  /** Rows that share the words of the residual stream. */
  readonly tokens: number;
  readonly vector: number;
  readonly groups: number;
  /** Elements of a row in a word. */
  readonly lanes: number;
}

const shapes: Shape[] = [
  { tokens: 1, vector: 1, groups: 5, lanes: 2 },
  { tokens: 2, vector: 2, groups: 3, lanes: 4 },
  { tokens: 3, vector: 3, groups: 3, lanes: 6 },
  { tokens: 1, vector: 4, groups: 1, lanes: 4 },
];
const settings = [
  { name: 'start', bits: 1 },
  { name: 'op', bits: 4 },
  { name: 'rows', bits: 8 },
  { name: 'x_base', bits: 10 },
  { name: 'x_stride', bits: 10 },
  { name: 'out_base', bits: 10 },
  { name: 'mult', bits: 16 },
  { name: 'shift', bits: 6 },
];

function bench({ tokens, vector, groups, lanes }: Shape): Bench {
  const parameters = {
    TP: tokens,
    VL: vector,
    GROUPS: groups,
    RES_LANES: lanes,
    RES_BITS,
    SUM_BITS: RES_BITS + Math.ceil(Math.log2(MAX_ROWS)),
    ADDR_BITS: 10,
    COUNT_BITS: 8,
    OP_BITS: 4,
    SUB_BITS: 2,
    LANE_BITS: 2,
  };
  return {
    inputs: [{ name: 'rst', bits: 1 }, ...settings],
    outputs: [
      ...['ready', 'done', 'out_valid'].map((name) => ({ name, bits: 1 })),
      { name: 'out_addr', bits: 10 },
      { name: 'out_sub', bits: 2 },
      { name: 'out_op', bits: 4 },
      { name: 'out_data', bits: RES_BITS, lanes: vector, signed: true },
    ],
    body: [
      'wire [9:0] x_addr;',
      `reg [${tokens * lanes * RES_BITS - 1}:0] mem [0:1023], x;`,
      'initial $readmemh("x.mem", mem);',
      'always @(posedge clk) x <= mem[x_addr];',
      `vt_mean_pool ${parameterList(parameters)} u_pool (`,
      ...settings.map(({ name }) => `  .${name}_i(${name}),`),
      '  .clk_i(clk), .rst_i(rst), .ready_o(ready), .done_o(done), .x_addr_o(x_addr), .x_i(x),',
      '  .out_valid_o(out_valid), .out_addr_o(out_addr), .out_sub_o(out_sub),',
      '  .out_data_o(out_data), .out_op_o(out_op)',
      ');',
    ].join('\n'),
  };
}

/** Codes of `rows` rows, with a level that reaches both ends. */
function codes(random: Random, length: number, kind: number): Int32Array {
  const { low, high } = rangeOf(uniform(RES_BITS));
  return Int32Array.from({ length }, () => [low, high, 0][kind] ?? random.nextInt(low, high));
}

const simulators = [
  { tool: 'Verilator', present: hasVerilator, compile: verilate },
  { tool: 'Icarus Verilog', present: hasIcarus, compile: icarus },
];

describe.each(simulators)('vt_mean_pool under $tool', ({ present, compile }) => {
  test.skipIf(!present).each(shapes)('equals the golden operator, %j', (shape) => {
    const { tokens, vector, groups, lanes } = shape;
    const channels = vector * groups;
    const wordsPerRow = Math.ceil(channels / lanes);
    const random = createRandom(channels);
    const words: number[][] = [];
    const cycles: Record<string, number>[] = [{ rst: 1 }, { rst: 1 }];
    const { low, high } = rangeOf(uniform(RES_BITS));
    const operations = [0, 1, 2, 3, 4, 5, 6].map((number) => {
      const rows = number === 3 ? 1 : random.nextInt(2, MAX_ROWS);
      const input = codes(random, rows * channels, number);
      const node: MeanPoolNode = {
        kind: 'meanPool',
        output: { name: 'y', shape: [1, channels], format: uniform(RES_BITS), scale: 1 },
        input: 'x',
        multiplier: number % 2 === 0 ? 65535 : random.nextInt(1, 65535),
        shift: number === 4 ? 0 : number === 6 ? 47 : random.nextInt(16, 22),
      };
      const stride = wordsPerRow + random.nextInt(0, 2);
      const base = words.length;
      for (let row = 0; row < rows; row += tokens) {
        for (let w = 0; w < stride; w++) {
          const at = (r: number, i: number) => input[r * channels + w * lanes + i] ?? 0;
          const word = { length: tokens * lanes };
          words.push(Array.from(word, (_, i) => at(row + Math.floor(i / lanes), i % lanes)));
        }
      }
      const start = cycles.length;
      const outBase = random.nextInt(0, 900);
      cycles.push({
        start: 1,
        op: number,
        rows,
        x_base: base,
        x_stride: stride,
        out_base: outBase,
        mult: node.multiplier,
        shift: node.shift,
      });
      const busy = rows * groups + LATENCY + 1;
      while (cycles.length < start + busy) cycles.push({});
      const expected = prepareMeanPool(node, graphOfRows([rows, channels], RES_BITS))(() => input);
      return { number, start, busy, rows, outBase, expected };
    });
    cycles.push({});
    const trace = compile(bench(shape)).run(cycles, { 'x.mem': memoryText(words, RES_BITS) });
    let valid = 0;
    for (let cycle = 2; cycle < trace.cycles; cycle++) valid += trace.value(cycle, 'out_valid');
    expect(valid).toBe(operations.length * groups);
    for (const { number, start, busy, rows, outBase, expected } of operations) {
      const ready = [start, start + 1, start + busy - 1, start + busy];
      expect(ready.map((cycle) => trace.value(cycle, 'ready'))).toEqual([1, 0, 0, 1]);
      expect(trace.value(start + busy - 1, 'done')).toBe(1);
      for (let g = 0; g < groups; g++) {
        // The last row of the group is addressed in this cycle, and written six later.
        const cycle = start + (g + 1) * rows + LATENCY;
        const where = `operation ${number}, group ${g}`;
        expect(trace.value(cycle, 'out_valid'), where).toBe(1);
        expect(trace.value(cycle, 'out_op'), where).toBe(number);
        const first = g * vector;
        expect(trace.value(cycle, 'out_addr'), where).toBe(outBase + Math.floor(first / lanes));
        expect(trace.value(cycle, 'out_sub'), where).toBe((first % lanes) / vector);
        const row = [...expected.slice(first, first + vector)];
        expect(trace.lanes(cycle, 'out_data'), where).toEqual(row);
      }
    }
    const all = operations.flatMap(({ expected }) => [...expected]);
    expect(all).toContain(low);
    expect(all).toContain(high);
  });
});
