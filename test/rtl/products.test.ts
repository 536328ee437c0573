import { describe, expect, test, vi } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import {
  type Bench,
  type Cycle,
  hasIcarus,
  hasVerilator,
  icarus,
  type Unit,
  verilate,
} from '../support/verilate.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

/** Numbers of `bits` bits each that lie one after another in a counter, as two's complement. */
function split(counter: number, bits: readonly number[]): number[] {
  let rest = counter;
  return bits.map((n) => {
    const code = rest % 2 ** n;
    rest = Math.floor(rest / 2 ** n);
    return code >= 2 ** (n - 1) ? code - 2 ** n : code;
  });
}

const log2Ceil = (n: number) => Math.ceil(Math.log2(n));
/** Bits of the counter that all exhaustive units are driven from. */
const COUNTER = 18;

describe('vt_sum_tree', () => {
  const shapes = [
    { n: 1, bits: 8 },
    { n: 2, bits: 9 },
    { n: 3, bits: 6 },
    { n: 5, bits: 3 },
    { n: 6, bits: 3 },
    { n: 9, bits: 2 },
  ];
  const name = ({ n, bits }: { n: number; bits: number }) => `sum_${n}_${bits}`;
  const bench: Bench = {
    inputs: [{ name: 'counter', bits: COUNTER }],
    outputs: shapes.map((s) => ({ name: name(s), bits: s.bits + log2Ceil(s.n), signed: true })),
    body: shapes
      .map(
        (s) =>
          `vt_sum_tree #(.N(${s.n}), .IN_BITS(${s.bits})) u_${name(s)} (.clk_i(clk), .d_i(counter[${s.n * s.bits - 1}:0]), .sum_o(${name(s)}));`,
      )
      .join('\n'),
  };

  function expectSums(unit: Unit, limit: number) {
    const trace = unit.run(counters(limit, 4));
    for (const s of shapes) {
      const latency = log2Ceil(s.n);
      const bits = Array<number>(s.n).fill(s.bits);
      let wrong = 0;
      for (let t = 0; t < Math.min(limit, 2 ** (s.n * s.bits)); t++) {
        const sum = split(t, bits).reduce((a, b) => a + b, 0);
        if (trace.value(t + latency, name(s)) !== sum) wrong++;
      }
      expect(wrong, name(s)).toBe(0);
    }
  }

  test.skipIf(!hasVerilator)('every input of small trees', () => {
    expectSums(verilate(bench), 2 ** COUNTER);
  });

  // An odd number without a partner must not be added to what does not exist, which is X.
  test.skipIf(!hasIcarus)('no unknown bits', () => expectSums(icarus(bench), 2000));
});

describe.skipIf(!hasVerilator)('vt_dot_product', () => {
  const shapes = [
    { ti: 1, a: 9, b: 8 },
    { ti: 2, a: 5, b: 4 },
    { ti: 3, a: 3, b: 3 },
    { ti: 4, a: 2, b: 2 },
    { ti: 3, a: 4, b: 2 },
  ];
  const wide = { ti: 5, a: 9, b: 8 };
  const name = ({ ti, a, b }: { ti: number; a: number; b: number }) => `dot_${ti}_${a}_${b}`;
  const latency = (ti: number) => 1 + log2Ceil(ti);
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);

  const instance = (s: { ti: number; a: number; b: number }, a: string, b: string) =>
    `vt_dot_product #(.TI(${s.ti}), .A_BITS(${s.a}), .B_BITS(${s.b})) u_${name(s)} (.clk_i(clk), .a_i(${a}), .b_i(${b}), .dot_o(${name(s)}));`;
  const unit = verilate({
    inputs: [
      { name: 'counter', bits: COUNTER },
      { name: 'a', bits: wide.a, lanes: wide.ti },
      { name: 'b', bits: wide.b, lanes: wide.ti },
    ],
    outputs: [...shapes, wide].map((s) => ({
      name: name(s),
      bits: s.a + s.b + log2Ceil(s.ti),
      signed: true,
    })),
    body: [
      ...shapes.map((s) =>
        instance(
          s,
          `counter[${s.ti * s.a - 1}:0]`,
          `counter[${s.ti * (s.a + s.b) - 1}:${s.ti * s.a}]`,
        ),
      ),
      instance(wide, 'a', 'b'),
    ].join('\n'),
  });

  test('every input of small products, both minima included', () => {
    const trace = unit.run(counters(2 ** COUNTER, 5));
    for (const s of shapes) {
      const bits = [...Array<number>(s.ti).fill(s.a), ...Array<number>(s.ti).fill(s.b)];
      let wrong = 0;
      for (let t = 0; t < 2 ** (s.ti * (s.a + s.b)); t++) {
        const operands = split(t, bits);
        const expected = dot(operands.slice(0, s.ti), operands.slice(s.ti));
        if (trace.value(t + latency(s.ti), name(s)) !== expected) wrong++;
      }
      expect(wrong, name(s)).toBe(0);
    }
  });

  test('corners and random operands of the usual widths', () => {
    const random = createRandom(1);
    const corners = [-256, -255, -1, 0, 1, 254, 255];
    const inputs = Array.from({ length: 4000 }, (_, t) => {
      const draw = (bits: number) => {
        const low = -(2 ** (bits - 1));
        if (t < 2000) {
          const corner = corners[random.nextInt(0, corners.length - 1)] as number;
          return Math.max(low, Math.min(-low - 1, corner));
        }
        return random.nextInt(low, -low - 1);
      };
      const lanes = (bits: number) => Array.from({ length: wide.ti }, () => draw(bits));
      return t === 0
        ? { a: Array(wide.ti).fill(-256), b: Array(wide.ti).fill(-128) }
        : { a: lanes(wide.a), b: lanes(wide.b) };
    });
    const delay = latency(wide.ti);
    const trace = unit.run([...inputs, ...Array<Cycle>(delay).fill({})]);
    expect(trace.value(delay, name(wide))).toBe(wide.ti * 256 * 128);
    inputs.forEach(({ a, b }, t) => {
      expect(trace.value(t + delay, name(wide))).toBe(dot(a, b));
    });
  });
});

function* counters(count: number, more: number) {
  for (let counter = 0; counter < count; counter++) yield { counter };
  for (let i = 0; i < more; i++) yield { counter: 0 };
}
