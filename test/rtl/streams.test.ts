import { describe, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { type Cycle, hasVerilator, memoryText, verilate } from '../support/verilate.ts';

// Compiling a unit takes seconds.
vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(!hasVerilator)('vt_stream_in', () => {
  const BEATS = 5;
  const LANES = 3;
  const CODE_BITS = 6;
  const unit = verilate({
    inputs: [
      ...['rst', 'start', 'valid', 'last'].map((name) => ({ name, bits: 1 })),
      { name: 'data', bits: 8, lanes: 4 },
    ],
    outputs: [
      ...['ready', 'done', 'ready_stream', 'mem_we'].map((name) => ({ name, bits: 1 })),
      ...['short', 'long', 'waiting'].map((name) => ({ name, bits: 1 })),
      { name: 'mem_addr', bits: 3 },
      { name: 'mem_data', bits: CODE_BITS, lanes: LANES },
    ],
    body: `vt_stream_in #(.BEATS(${BEATS}), .ADDR_BITS(3), .DATA_BITS(32), .LANES(${LANES}), .CODE_BITS(${CODE_BITS})) u_in (
      .clk_i(clk), .rst_i(rst), .start_i(start), .ready_o(ready), .done_o(done),
      .valid_i(valid), .ready_stream_o(ready_stream), .data_i(data), .last_i(last),
      .mem_we_o(mem_we), .mem_addr_o(mem_addr), .mem_data_o(mem_data),
      .short_o(short), .long_o(long), .waiting_o(waiting));`,
  });

  /** Beats of a frame, with pauses of up to `pause` cycles before each. */
  function frame(random: Random, beats: number, pause: number): Cycle[] {
    return Array.from({ length: beats }, (_, beat): Cycle[] => {
      const data = Array.from({ length: 4 }, () => random.nextInt(0, 255));
      const idle = Array<Cycle>(random.nextInt(0, pause)).fill({});
      return [...idle, { valid: 1, last: beat === beats - 1 ? 1 : 0, data }];
    }).flat();
  }

  /** Takes one whole frame after frames of the given lengths, which are all wrong. */
  function take(wrong: readonly number[], pause: number) {
    const random = createRandom(wrong.length + pause);
    const bad = wrong.map((beats) => frame(random, beats, pause));
    const good = frame(random, BEATS, pause);
    const cycles = [{ rst: 1 }, { rst: 1 }, { start: 1 }, ...bad.flat(), ...good, {}, {}];
    const trace = unit.run(cycles);
    const sum = (port: string) =>
      Array.from({ length: trace.cycles - 2 }, (_, i) => trace.value(i + 2, port)).reduce(
        (a, b) => a + b,
        0,
      );
    const memory: number[][] = [];
    for (let cycle = 2; cycle < trace.cycles; cycle++) {
      if (trace.value(cycle, 'mem_we') === 1) {
        memory[trace.value(cycle, 'mem_addr')] = trace.lanes(cycle, 'mem_data');
      }
    }
    const beats = good.filter((c) => c.valid === 1).map((c) => c.data as number[]);
    return {
      memory,
      expected: beats.map((data) => data.slice(0, LANES).map((code) => code % 2 ** CODE_BITS)),
      short: sum('short'),
      long: sum('long'),
      done: sum('done'),
      last: cycles.length - 3,
      trace,
      cycles: cycles as readonly Cycle[],
    };
  }

  test.each([0, 3])('takes a frame, with pauses of up to %i cycles', (pause) => {
    const { memory, expected, short, long, done, trace, last } = take([], pause);
    expect(memory).toEqual(expected);
    expect([short, long, done]).toEqual([0, 0, 1]);
    expect(trace.value(last, 'done')).toBe(1);
    expect([trace.value(last, 'ready'), trace.value(last + 1, 'ready')]).toEqual([0, 1]);
  });

  test('takes nothing before it is started, and nothing after the frame', () => {
    const { trace, last } = take([], 0);
    const ready = [1, 2, 3, last, last + 1].map((cycle) => trace.value(cycle, 'ready_stream'));
    expect(ready).toEqual([0, 0, 1, 1, 0]);
  });

  test.each([
    { wrong: [3], short: 1, long: 0, name: 'early TLAST' },
    { wrong: [1, 4], short: 2, long: 0, name: 'early TLAST twice' },
    { wrong: [6], short: 0, long: 1, name: 'late TLAST' },
    { wrong: [2 * BEATS], short: 0, long: 1, name: 'TLAST one frame late' },
    { wrong: [17, 2, 9, 1], short: 2, long: 2, name: 'all of them' },
  ])('reports and survives $name', ({ wrong, short, long }) => {
    for (const pause of [0, 2]) {
      const result = take(wrong, pause);
      expect(result.memory).toEqual(result.expected);
      expect([result.short, result.long, result.done]).toEqual([short, long, 1]);
    }
  });

  test('says that it waits only in the middle of a frame', () => {
    const { trace, cycles } = take([3, 7], 3);
    let taken = 0;
    let dropping = false;
    for (const [cycle, { valid, last }] of cycles.entries()) {
      if (cycle < 3) continue;
      const middle = taken > 0 && !dropping;
      const waiting = middle && valid !== 1 ? 1 : 0;
      expect(trace.value(cycle, 'waiting'), `cycle ${cycle}`).toBe(waiting);
      if (valid !== 1) continue;
      if (!dropping) taken = last === 1 || taken === BEATS - 1 ? 0 : taken + 1;
      dropping = last !== 1 && (dropping || taken === 0);
    }
  });

  test('a reset in the middle of a frame begins anew', () => {
    const random = createRandom(9);
    const good = frame(random, BEATS, 0);
    const half = frame(random, BEATS, 0).slice(0, 3);
    const trace = unit.run([
      { rst: 1 },
      { start: 1 },
      ...half,
      { rst: 1 },
      { start: 1 },
      ...good,
      {},
    ]);
    const first = 1 + 1 + half.length + 2;
    expect(trace.value(first, 'mem_addr')).toBe(0);
    expect(trace.value(first + BEATS - 1, 'done')).toBe(1);
  });
});

describe.skipIf(!hasVerilator)('vt_stream_out', () => {
  const shapes = [
    { count: 10, lanes: 4, bits: 16 },
    { count: 6, lanes: 3, bits: 9 },
    { count: 3, lanes: 1, bits: 5 },
    { count: 1, lanes: 2, bits: 32 },
  ];
  const unit = verilate({
    inputs: ['rst', 'start', 'take'].map((name) => ({ name, bits: 1 })),
    outputs: shapes.flatMap((_, i) => [
      ...['ready', 'done', 'valid', 'last', 'waiting'].map((name) => ({
        name: `s${i}_${name}`,
        bits: 1,
      })),
      { name: `s${i}_data`, bits: 32, signed: true },
    ]),
    body: shapes
      .map(
        ({ count, lanes, bits }, i) => `
        wire [3:0] s${i}_addr;
        reg [${lanes * bits - 1}:0] s${i}_mem [0:15], s${i}_word;
        initial $readmemh("s${i}.mem", s${i}_mem);
        always @(posedge clk) s${i}_word <= s${i}_mem[s${i}_addr];
        vt_stream_out #(.COUNT(${count}), .LANES(${lanes}), .RESULT_BITS(${bits}), .ADDR_BITS(4), .COUNT_BITS(4)) u_s${i} (
          .clk_i(clk), .rst_i(rst), .start_i(start), .ready_o(s${i}_ready), .done_o(s${i}_done),
          .mem_addr_o(s${i}_addr), .mem_data_i(s${i}_word), .valid_o(s${i}_valid), .ready_i(take),
          .data_o(s${i}_data), .last_o(s${i}_last), .waiting_o(s${i}_waiting));`,
      )
      .join('\n'),
  });

  function run(stall: (random: Random) => boolean) {
    const random = createRandom(4);
    const memories = shapes.map(({ lanes, bits }) =>
      Array.from({ length: 16 }, () =>
        Array.from({ length: lanes }, () =>
          random.nextInt(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
        ),
      ),
    );
    const files = Object.fromEntries(
      shapes.map(({ bits }, i) => [`s${i}.mem`, memoryText(memories[i] ?? [], bits)]),
    );
    // Two frames, to see that the second begins where the first did.
    const frame = () => [
      { start: 1, take: 0 },
      ...Array.from({ length: 150 }, () => ({ take: stall(random) ? 0 : 1 })),
    ];
    const cycles: Cycle[] = [{ rst: 1 }, { rst: 1 }, ...frame(), ...frame()];
    return { memories, cycles, trace: unit.run(cycles, files) };
  }

  test.each([
    { name: 'when every result is taken at once', stall: () => false },
    { name: 'under random stalls', stall: (random: Random) => random.nextInt(0, 2) > 0 },
  ])('sends the results in order $name', ({ stall }) => {
    const { memories, cycles, trace } = run(stall);
    shapes.forEach(({ count }, i) => {
      const codes = (memories[i] ?? []).flat().slice(0, count);
      const sent: number[] = [];
      const lasts: number[] = [];
      let held: number | undefined;
      for (let cycle = 2; cycle < trace.cycles; cycle++) {
        const at = (port: string) => trace.value(cycle, `s${i}_${port}`);
        const take = cycles[cycle]?.take === 1;
        const beat = at('valid') === 1 && take;
        // AXI4-Stream: what stands there stays until it is taken.
        if (held !== undefined) expect([at('valid'), at('data')]).toEqual([1, held]);
        held = at('valid') === 1 && !take ? at('data') : undefined;
        expect(at('waiting')).toBe(held === undefined ? 0 : 1);
        expect(at('done')).toBe(beat && at('last') === 1 ? 1 : 0);
        if (!beat) continue;
        sent.push(at('data'));
        if (at('last') === 1) lasts.push(sent.length);
      }
      expect(sent).toEqual([...codes, ...codes]);
      expect(lasts).toEqual([count, 2 * count]);
    });
  });

  test('takes two cycles a word and one a result', () => {
    const { trace } = run(() => false);
    shapes.forEach(({ count, lanes }, i) => {
      // The planner counts on this: src/plan/cycles.ts, instruction `result`.
      const ready = 2 + 2 * Math.ceil(count / lanes) + count + 1;
      expect([ready - 1, ready].map((cycle) => trace.value(cycle, `s${i}_ready`))).toEqual([0, 1]);
    });
  });
});
