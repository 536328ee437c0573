import { describe, expect, test, vi } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { type LayerNormNode, rangeOf, uniform } from '../../src/ir/index.ts';
import { tokenStepsSettings, tokenStepsUnit } from '../../src/lower/token-steps-unit.ts';
import { type Bench, hasIcarus, hasVerilator, icarus, verilate } from '../support/verilate.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

interface Shape {
  readonly outBits: number;
  readonly largest: number;
  readonly tokens: number;
  readonly vector: number;
  readonly groups: number;
}

const BASE_BITS = 10;

/** A LayerNorm as far as the unit asks: its format, and whether its rows have steps. */
const norm = (bits: number, rowExponent: number) =>
  ({ output: { format: uniform(bits), rowExponent } }) as unknown as LayerNormNode;

/** With the formats of all bits up to the widest, each with steps per token and without. */
function formats({ outBits, largest }: Shape) {
  const widths = Array.from({ length: Math.min(outBits - 1, 3) }, (_, i) => outBits - i);
  return widths.flatMap((bits) => [norm(bits, largest), norm(bits, 0)]);
}

function bench(shape: Shape): Bench {
  const { outBits, largest, tokens, vector, groups } = shape;
  const stepBits = largest.toString(2).length;
  const { parameters } = tokenStepsUnit(formats(shape), outBits, largest);
  const own = [
    ...[`.TP(${tokens})`, `.VL(${vector})`, `.GROUPS(${groups})`, '.SUBS(2)'],
    ...[`.OUT_BITS(${outBits})`, `.LARGEST(${largest})`, `.STEP_BITS(${stepBits})`],
    ...[
      `.ADDR_BITS(${BASE_BITS})`,
      '.SUB_BITS(1)',
      '.LANE_BITS(2)',
      `.STEP_ADDR_BITS(${BASE_BITS})`,
    ],
    ...parameters.map(({ name, value }) => `.${name}(${value})`),
  ];
  return {
    inputs: [
      ...['rst', 'start', 'valid', 'last'].map((name) => ({ name, bits: 1 })),
      { name: 'format_sel', bits: 4 },
      { name: 'out_base', bits: BASE_BITS },
      { name: 'step_base', bits: BASE_BITS },
      { name: 'data', bits: outBits + largest + 1, lanes: vector },
    ],
    outputs: [
      ...['ready', 'done', 'out_valid', 'step_valid', 'out_sub'].map((name) => ({ name, bits: 1 })),
      { name: 'out_addr', bits: BASE_BITS },
      { name: 'out_lane', bits: 2 },
      { name: 'step_addr', bits: BASE_BITS },
      { name: 'step_lane', bits: 2 },
      { name: 'step_data', bits: stepBits },
      { name: 'out_data', bits: outBits, lanes: vector, signed: true },
    ],
    body: [
      `vt_token_steps #(${own.join(', ')}) u_steps (`,
      '  .clk_i(clk), .rst_i(rst), .start_i(start), .ready_o(ready), .done_o(done),',
      '  .format_sel_i(format_sel), .out_base_i(out_base), .step_base_i(step_base),',
      '  .valid_i(valid), .done_i(last), .data_i(data), .out_valid_o(out_valid),',
      '  .out_addr_o(out_addr), .out_lane_o(out_lane), .out_sub_o(out_sub),',
      '  .out_data_o(out_data), .step_valid_o(step_valid), .step_addr_o(step_addr),',
      '  .step_lane_o(step_lane), .step_data_o(step_data)',
      ');',
    ].join('\n'),
  };
}

/** docs/arithmetic.md, "Steps per token", from `w` on, in whole numbers. */
function expected(row: readonly number[], { output }: LayerNormNode, largest: number) {
  const bits = output.format.bits;
  const fits = (e: number) =>
    row.every((w) => w >= -(2 ** (bits + largest - e)) && w < 2 ** (bits + largest - e));
  let e = output.rowExponent ? largest : 0;
  while (e > 0 && !fits(e)) e--;
  const { low, high } = rangeOf(output.format);
  const half = 2 ** (largest - e);
  const codes = row.map((w) => Math.floor((w + half) / (2 * half)));
  return { step: largest - e, codes: codes.map((y) => Math.min(high, Math.max(low, y))) };
}

/** Every pair of codes, as rows of one group. */
function everyPair(bits: number): number[][] {
  const half = 2 ** (bits - 1);
  return Array.from({ length: 4 ** bits }, (_, i) => [(i >> bits) - half, (i % 2 ** bits) - half]);
}

/** Rows whose magnitudes lie around every power of two. */
function someRows({ outBits, largest, vector, groups }: Shape, count: number): number[][] {
  const random = createRandom(outBits * 100 + largest);
  const end = 2 ** (outBits + largest);
  return Array.from({ length: count }, () => {
    const reach = 2 ** random.nextInt(0, outBits + largest);
    const edge = () => [reach, reach - 1, -reach, -reach - 1][random.nextInt(0, 3)] as number;
    const at = random.nextInt(0, vector * groups - 1);
    return Array.from({ length: vector * groups }, (_, i) => {
      const w = i === at ? edge() : random.nextInt(-reach, reach - 1);
      return Math.max(-end, Math.min(end - 1, w));
    });
  });
}

interface Case {
  readonly shape: Shape;
  readonly rows: (shape: Shape) => number[][];
}

const cases: Case[] = [
  {
    shape: { outBits: 2, largest: 3, tokens: 1, vector: 2, groups: 1 },
    rows: () => everyPair(6),
  },
  {
    shape: { outBits: 3, largest: 1, tokens: 3, vector: 2, groups: 1 },
    rows: () => everyPair(5),
  },
  {
    shape: { outBits: 8, largest: 3, tokens: 2, vector: 4, groups: 5 },
    rows: (shape) => someRows(shape, 150),
  },
  {
    shape: { outBits: 5, largest: 7, tokens: 1, vector: 1, groups: 3 },
    rows: (shape) => someRows(shape, 300),
  },
];

const simulators = [
  { tool: 'Verilator', present: hasVerilator, compile: verilate },
  { tool: 'Icarus Verilog', present: hasIcarus, compile: icarus },
];

describe.each(simulators)('vt_token_steps under $tool', ({ present, compile }) => {
  test.skipIf(!present).each(cases)('gives every row its step, $shape', ({ shape, rows }) => {
    const { outBits, largest, tokens, vector, groups } = shape;
    const mask = 2 ** (outBits + largest + 1);
    const unit = tokenStepsUnit(formats(shape), outBits, largest);
    const cycles: Record<string, number | number[]>[] = [{ rst: 1 }, { rst: 1 }];
    const operations = formats(shape).map((node, number) => {
      const list = rows(shape);
      const [setting] = tokenStepsSettings(unit, node, outBits, largest);
      const [outBase, stepBase] = [number * 7, number * 3];
      const format = setting?.value ?? 0;
      cycles.push({ start: 1, format_sel: format, out_base: outBase, step_base: stepBase });
      const first = cycles.length;
      list.forEach((row, r) => {
        for (let g = 0; g < groups; g++) {
          const data = row.slice(g * vector, (g + 1) * vector).map((w) => (w + mask) % mask);
          const last = r === list.length - 1 && g === groups - 1 ? 1 : 0;
          cycles.push({ valid: 1, last, data });
        }
      });
      for (let i = 0; i < groups + 4; i++) cycles.push({});
      return { node, list, first, outBase, stepBase };
    });
    const trace = compile(bench(shape)).run(cycles);
    const seen = new Set<number>();
    let written = 0;
    for (let cycle = 2; cycle < trace.cycles; cycle++) written += trace.value(cycle, 'out_valid');
    expect(written).toBe(operations.reduce((sum, { list }) => sum + list.length * groups, 0));
    for (const { node, list, first, outBase, stepBase } of operations) {
      const wordsOfRow = Math.ceil(groups / 2);
      list.forEach((row, r) => {
        const { step, codes } = expected(row, node, largest);
        const start = first + r * groups + groups + 3;
        const where = `row ${row} in ${node.output.format.bits} bits`;
        const has = (name: string) => trace.value(start, name);
        expect([has('step_valid'), has('step_data'), has('step_lane')], where).toEqual([
          ...[1, step, r % tokens],
        ]);
        const word = Math.floor(r / tokens);
        expect(has('step_addr'), where).toBe((stepBase + word) % 2 ** BASE_BITS);
        if (node.output.rowExponent) seen.add(step);
        for (let g = 0; g < groups; g++) {
          expect(trace.lanes(start + g, 'out_data'), where).toEqual(
            codes.slice(g * vector, (g + 1) * vector),
          );
          const address = (outBase + word * wordsOfRow + Math.floor(g / 2)) % 2 ** BASE_BITS;
          expect(trace.value(start + g, 'out_addr'), where).toBe(address);
          expect(trace.value(start + g, 'out_sub'), where).toBe(g % 2);
        }
      });
      const end = first + list.length * groups + groups + 2;
      expect([trace.value(end, 'done'), trace.value(end, 'ready')]).toEqual([1, 0]);
      expect(trace.value(end + 1, 'ready')).toBe(1);
    }
    expect([...seen].sort()).toEqual(Array.from({ length: largest + 1 }, (_, e) => e));
  });
});
