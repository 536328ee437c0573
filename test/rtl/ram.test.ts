import { describe, expect, test, vi } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { hasIcarus, hasVerilator, icarus, parameterList, verilate } from '../support/verilate.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

const DEPTH = 75;
const BANKS = 2;
const BANK_BITS = 11;
/** Not cut, in segments as a whole, and in part. */
const cuts = [
  { SEGMENT_WORDS: 0, SEGMENT_BITS: BANK_BITS },
  { SEGMENT_WORDS: 16, SEGMENT_BITS: BANK_BITS },
  { SEGMENT_WORDS: 32, SEGMENT_BITS: 9 },
];

const ports = [
  { name: 'we', bits: BANKS },
  { name: 'waddr', bits: 7 },
  { name: 'wdata', bits: BANKS * BANK_BITS },
  { name: 'raddr', bits: 7 },
];

const bench = (cut: (typeof cuts)[number]) => ({
  inputs: ports,
  outputs: [{ name: 'rdata', bits: BANKS * BANK_BITS }],
  body: [
    `  vt_ram ${parameterList({ BANKS, BANK_BITS, DEPTH, ADDR_BITS: 7, ...cut })} dut (`,
    '    .clk_i(clk), .we_i(we), .waddr_i(waddr), .wdata_i(wdata), .raddr_i(raddr), .rdata_o(rdata)',
    '  );',
  ].join('\n'),
});

describe('vt_ram', () => {
  const word = (random: ReturnType<typeof createRandom>) =>
    random.nextInt(0, 2 ** (BANKS * BANK_BITS) - 1);

  /** Every word is written, then words are written and read at random, often the same one. */
  function run(unit: ReturnType<typeof verilate>, length: number): void {
    const random = createRandom(3);
    const memory: number[] = [];
    const expected: (number | undefined)[] = [];
    const cycles = Array.from({ length }, (_, i) => {
      const filling = i < DEPTH;
      const waddr = filling ? i : random.nextInt(0, DEPTH - 1);
      const raddr = random.nextInt(0, 3) === 0 ? waddr : random.nextInt(0, DEPTH - 1);
      const we = filling ? 3 : random.nextInt(0, 3);
      const wdata = word(random);
      // The old word, a cycle later.
      expected[i + 1] = memory[raddr];
      const [low, high] = [2 ** BANK_BITS - 1, (2 ** BANK_BITS - 1) * 2 ** BANK_BITS];
      const mask = (we & 1 ? low : 0) + (we & 2 ? high : 0);
      memory[waddr] = ((memory[waddr] ?? 0) & ~mask) | (wdata & mask);
      return { we, waddr, wdata, raddr };
    });
    const trace = unit.run(cycles);
    let compared = 0;
    for (let i = 0; i < trace.cycles; i++) {
      if (expected[i] === undefined) continue;
      compared++;
      expect(trace.value(i, 'rdata'), `cycle ${i}`).toBe(expected[i]);
    }
    expect(compared).toBeGreaterThan(length / 2);
  }

  test.skipIf(!hasVerilator).each(cuts)(
    'holds its words in segments of $SEGMENT_WORDS words and $SEGMENT_BITS bits',
    (cut) => run(verilate(bench(cut)), 2000),
  );

  test.skipIf(!hasIcarus).each(cuts)('the same under Icarus: $SEGMENT_WORDS', (cut) => {
    run(icarus(bench(cut)), 400);
  });
});
