import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/arithmetic/index.ts';
import { hexWord } from '../../src/lower/hex.ts';
import { weightArrival } from '../../src/plan/weight-arrival.ts';
import {
  packWeightStream,
  streamBeats,
  type WeightStream,
  weightStream,
} from '../../src/plan/weight-stream.ts';
import { synthesize } from '../../src/synth/index.ts';
import { hasIcarus, hasVerilator } from '../support/verilate.ts';
import {
  exec,
  libraryFiles,
  streamBench,
  streamParameters,
  temporaryFolder,
} from './stream-harness.ts';

// Compiling all streams takes a while.
vi.setConfig({ testTimeout: 300_000 });

const buses = [64, 128, 256, 512] as const;
/** A frame that ends within a line where a line has several words. */
const shapes = buses.flatMap((axiBits) =>
  [24, 64, 96, 128, 192, 256].map((wordBits) => weightStream({ axiBits, wordBits, words: 53 })),
);
/** Word sizes that fit no bus, shapes at the limits of what is legal. */
const corners: WeightStream[] = [
  weightStream({ axiBits: 64, wordBits: 21, words: 200 }),
  weightStream({ axiBits: 128, wordBits: 136, words: 40 }),
  weightStream({ axiBits: 64, wordBits: 520, words: 9 }),
  weightStream({ axiBits: 64, wordBits: 1024, words: 3 }),
  weightStream({ axiBits: 256, wordBits: 24, words: 1 }),
  { ...weightStream({ axiBits: 64, wordBits: 64, words: 5 }), lines: 2, burst: 2, outstanding: 2 },
  { ...weightStream({ axiBits: 64, wordBits: 96, words: 700 }), lines: 128, burst: 256 },
  { ...weightStream({ axiBits: 128, wordBits: 96, words: 700 }), lines: 8, burst: 16 },
  { ...weightStream({ axiBits: 256, wordBits: 256, words: 300 }), lines: 128, burst: 128 },
  { ...weightStream({ axiBits: 512, wordBits: 768, words: 300 }), lines: 64, burst: 64 },
  {
    ...weightStream({ axiBits: 64, wordBits: 256, words: 67 }),
    lines: 2,
    burst: 4,
    outstanding: 16,
  },
];
const streams = [...shapes, ...corners];
const names = streams.map((s, sel) => ({
  name: `${s.wordBits} bits on ${s.axiBits}, ${s.lineWords} in ${s.lineBeats} beats, burst ${s.burst}`,
  sel,
}));

function laneBitsOf({ wordBits }: WeightStream): number {
  return [8, 3, 1].find((bits) => wordBits % bits === 0) as number;
}

function frameOf(stream: WeightStream): { contents: Uint8Array; words: string[] } {
  const random = createRandom(stream.axiBits * 10_000 + stream.wordBits);
  const bits = laneBitsOf(stream);
  const lanes = Array.from({ length: stream.words }, () =>
    Array.from({ length: stream.wordBits / bits }, () =>
      random.nextInt(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
    ),
  );
  return {
    contents: packWeightStream(stream, lanes, bits),
    words: lanes.map((word) => hexWord(word, bits)),
  };
}

/** Tiles at once with pauses between, single words now and then, waits that fill the buffer. */
function pausesOf(random: Random, count: number): number[] {
  const pauses: number[] = [];
  while (pauses.length < count) {
    const run = random.nextInt(1, 24);
    const step = [0, 0, 1, 5][random.nextInt(0, 3)] as number;
    pauses.push(random.nextInt(0, 9) === 0 ? 400 : random.nextInt(0, 60));
    for (let i = 1; i < run; i++) pauses.push(random.nextInt(0, step));
  }
  return pauses.slice(0, count);
}

/** The cycles of all takes, as the model has them. */
function modelCycles(stream: WeightStream, latency: number, pauses: readonly number[]): number[] {
  const arrival = weightArrival(stream, { latency, start: 0 });
  let cycle = -1;
  return pauses.map((pause) => {
    cycle = arrival.take(1, cycle + 1 + pause);
    return cycle;
  });
}

function repeated(words: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, i) => words[i % words.length] as string);
}

describe.skipIf(!hasVerilator)('vt_weight_stream', () => {
  let run: Awaited<ReturnType<typeof streamBench>>;
  beforeAll(async () => {
    run = await streamBench(streams);
  }, 300_000);

  test.each(names)('$name: data and cycles of more than three frames', async ({ sel }) => {
    const stream = streams[sel] as WeightStream;
    const { contents, words } = frameOf(stream);
    const count = Math.ceil(stream.words * 3.4);
    for (const [i, latency] of [40, 1, 97].entries()) {
      const pauses = i === 0 ? Array<number>(count).fill(0) : pausesOf(createRandom(i), count);
      const result = await run(sel, { contents, pauses, latency });
      expect(result.faults).toEqual([]);
      expect(result.words).toEqual(repeated(words, count));
      expect(result.cycles).toEqual(modelCycles(stream, latency, pauses));
      expect(result.end.error).toBe(0);
    }
  });

  test.each(names)('$name: with random stalls, data alone', async ({ sel }) => {
    const stream = streams[sel] as WeightStream;
    const { contents, words } = frameOf(stream);
    const count = stream.words * 3 + 1;
    for (const seed of [1, 2, 3]) {
      // A memory that accepts fewer requests than the stream makes holds ARREADY low, too.
      const pauses = pausesOf(createRandom(seed), count);
      const result = await run(sel, { contents, pauses, seed, outstanding: seed });
      expect(result.faults).toEqual([]);
      expect(result.words).toEqual(repeated(words, count));
      expect(result.end.error).toBe(0);
    }
  });

  test.each(names.slice(0, shapes.length))(
    '$name: 40 cycles of latency cost nothing',
    async ({ sel }) => {
      const stream = streams[sel] as WeightStream;
      const { lineBeats, lineWords } = stream;
      const { contents } = frameOf(stream);
      const count = stream.words * 4;
      const { cycles } = await run(sel, { contents, pauses: Array<number>(count).fill(0) });
      const first = 40 + lineBeats + 4;
      expect(cycles[0]).toBe(first);
      // From then on a word in every cycle, or a beat in every cycle.
      const lines = 4 * (streamBeats(stream) / lineBeats);
      const ofLastLine = ((stream.words - 1) % lineWords) + 1;
      const busy = lineWords >= lineBeats ? count : lines * lineBeats - (lineBeats - ofLastLine);
      expect((cycles.at(-1) as number) - first + 1).toBe(busy);
    },
  );

  test('a buffer too small for the latency does cost', async () => {
    const sel = corners.findIndex((s) => s.lines === 2 && s.burst === 4) + shapes.length;
    const { contents } = frameOf(streams[sel] as WeightStream);
    const { cycles } = await run(sel, { contents, pauses: Array<number>(134).fill(0) });
    expect(cycles.at(-1)).toBeGreaterThan(134 * 4 * 4);
  });

  test('words of a full buffer come one a cycle, however narrow the bus', async () => {
    const stream = { axiBits: 64, wordBits: 256 } as const;
    const sel = streams.findIndex((s) => s.axiBits === 64 && s.wordBits === stream.wordBits);
    const { lines } = streams[sel] as WeightStream;
    const { contents } = frameOf(streams[sel] as WeightStream);
    const pauses = [1000, ...Array<number>(lines - 1).fill(0)];
    const { cycles } = await run(sel, { contents, pauses });
    expect(cycles).toEqual(Array.from({ length: lines }, (_, i) => 1000 + i));
  });

  test('a reset in the middle of a burst begins anew', async () => {
    for (const sel of [0, 2, 5, shapes.length, shapes.length + 5]) {
      const stream = streams[sel] as WeightStream;
      const { contents, words } = frameOf(stream);
      const count = stream.words * 3 + 2;
      for (const resetAt of [1, 2, 41, 43, 44, 60, 117, 350]) {
        const pauses = pausesOf(createRandom(resetAt), count);
        const clean = await run(sel, { contents, pauses, resetAt });
        expect(clean.faults).toEqual([]);
        expect(clean.words).toEqual(repeated(words, count));
        expect(clean.cycles).toEqual(modelCycles(stream, 40, pauses));
        expect((await run(sel, { contents, pauses, resetAt, seed: resetAt })).words).toEqual(
          clean.words,
        );
      }
    }
  });

  test('reports a bad response, a misplaced RLAST and a beat that was not asked for', async () => {
    const sel = 2;
    const { contents, words } = frameOf(streams[sel] as WeightStream);
    const pauses = Array<number>(100).fill(0);
    const hit = async (kind: 'response' | 'last' | 'stray', hitBeat: number) => {
      const { end } = await run(sel, { contents, pauses, hit: kind, hitBeat });
      return [end.error, (end.errorAt as number) - (end.hitAt as number)];
    };
    const seen = [1, 1];
    const { burst } = streams[sel] as WeightStream;
    const beats = streamBeats(streams[sel] as WeightStream);
    // A full burst, and the short one at the end of the frame: 81 beats are 32 + 32 + 17.
    expect([burst, beats]).toEqual([32, 81]);
    for (const beat of [0, burst - 1, 70, beats - 1, beats]) {
      expect(await hit('response', beat), `response of beat ${beat}`).toEqual(seen);
      expect(await hit('last', beat), `RLAST of beat ${beat}`).toEqual(seen);
    }
    expect(await hit('stray', 1)).toEqual(seen);
    // It is not taken for one that is.
    const stray = await run(sel, { contents, pauses, hit: 'stray', hitBeat: 1 });
    expect(stray.words).toEqual(repeated(words, 100));
  });

  test('waits while something is asked for and nothing comes, not when the buffer is full', async () => {
    const { contents } = frameOf(streams[2] as WeightStream);
    const silent = await run(2, { contents, pauses: [0], latency: 5000, limit: 1000 });
    expect(silent.end).toMatchObject({ taken: 0, cycles: 1000, waited: 997 });
    const idle = await run(2, { contents, pauses: [5000], limit: 1000 });
    expect(idle.end).toMatchObject({ taken: 0, waited: 40 });
  });

  test('asks for nothing outside of the frame', async () => {
    const { contents } = frameOf(streams[2] as WeightStream);
    const short = await run(2, { contents: contents.slice(8), pauses: Array<number>(60).fill(0) });
    expect(short.faults[0]).toBe(
      'm_axi asks for 136 bytes at 0x123456200, the memory holds 640 at 0x123456000',
    );
    expect(short.end.error).toBe(1);
  });

  test.each(names)('$name: lint', async ({ sel }) => {
    const parameters = Object.entries(streamParameters(streams[sel] as WeightStream));
    const generics = parameters.map(([name, value]) => `-G${name}=${value}`);
    const top = ['--lint-only', '-Wall', '--top-module', 'vt_weight_stream'];
    await exec('verilator', [...top, ...generics, ...libraryFiles], '.');
  });

  test.skipIf(!hasIcarus)('Icarus Verilog takes it', async () => {
    for (const sel of [0, 2, 5, shapes.length - 1, shapes.length, shapes.length + 1]) {
      const parameters = Object.entries(streamParameters(streams[sel] as WeightStream));
      const values = parameters.map(([name, value]) => `-Pvt_weight_stream.${name}=${value}`);
      const top = ['-g2005', '-Wall', '-tnull', '-s', 'vt_weight_stream'];
      expect(await exec('iverilog', [...top, ...values, ...libraryFiles], '.')).toBe('');
    }
  });
});

test('the model takes runs of words as it takes them one by one', () => {
  for (const stream of streams) {
    const random = createRandom(stream.wordBits);
    const single = weightArrival(stream, { start: 0 });
    const run = weightArrival(stream, { start: 0 });
    let cycle = 0;
    for (let i = 0; i < 50; i++) {
      const count = random.nextInt(1, 3 * stream.lineWords);
      const earliest = cycle + random.nextInt(1, 40);
      const standing = run.standing();
      let one = single.take(1, earliest);
      expect(one).toBe(Math.max(earliest, standing));
      for (let n = 1; n < count; n++) one = single.take(1, one + 1);
      cycle = run.take(count, earliest);
      expect([cycle, run.taken]).toEqual([one, single.taken]);
    }
  }
});

test('the default buffer hides every latency: a word or a beat in every cycle', () => {
  const random = createRandom(1);
  let compared = 0;
  while (compared < 300) {
    const latency = random.nextInt(1, 250);
    const stream = weightStream({
      axiBits: buses[random.nextInt(0, 2)] as 64 | 128 | 256,
      wordBits: 8 * random.nextInt(1, 100),
      words: random.nextInt(1, 400),
      latency,
    });
    const { words, lineBeats, lineWords } = stream;
    const beats = streamBeats(stream);
    // Shorter frames are excepted.
    if (beats < stream.burst * stream.outstanding) continue;
    const frames = 3;
    let busy = latency + lineBeats + 3;
    for (let line = 0; line * lineBeats < frames * beats; line++) {
      const inFrame = (line % (beats / lineBeats)) * lineWords;
      const complete = latency + lineBeats + 4 + line * lineBeats;
      busy = Math.max(busy + 1, complete) + Math.min(lineWords, words - inFrame) - 1;
    }
    const last = weightArrival(stream, { latency, start: 0 }).take(words * frames, 0);
    expect(last, JSON.stringify({ ...stream, latency })).toBe(busy);
    compared++;
  }
});

test('the model knows a stream that has been enabled for long', () => {
  const stream = weightStream({ axiBits: 64, wordBits: 256, words: 1000 });
  const arrival = weightArrival(stream);
  expect(arrival.take(stream.lines, 7)).toBe(7 + stream.lines - 1);
});

test('synthesis finds no latch and no faulty net', async () => {
  const stream = weightStream({ axiBits: 64, wordBits: 96, words: 53 });
  const folder = temporaryFolder();
  const parameters = Object.entries(streamParameters(stream)).map(([n, v]) => `.${n}(${v})`);
  const ports = [
    ...[
      ['clk_i', 1],
      ['rst_i', 1],
      ['enable_i', 1],
      ['base_i', 40],
      ['arready_i', 1],
    ],
    ...[
      ['rdata_i', 64],
      ['rresp_i', 2],
      ['rlast_i', 1],
      ['rvalid_i', 1],
      ['word_take_i', 1],
    ],
    ...[
      ['araddr_o', 40],
      ['arlen_o', 8],
      ['arsize_o', 3],
      ['arburst_o', 2],
      ['arcache_o', 4],
    ],
    ...[
      ['arprot_o', 3],
      ['arvalid_o', 1],
      ['rready_o', 1],
      ['word_valid_o', 1],
      ['word_o', 96],
    ],
    ...[
      ['error_o', 1],
      ['waiting_o', 1],
    ],
  ] as const;
  const direction = (name: string) => (name.endsWith('_i') ? 'input' : 'output');
  const top = [
    'module top(',
    ports.map(([name, bits]) => `  ${direction(name)} wire [${bits - 1}:0] ${name}`).join(',\n'),
    `);\n  vt_weight_stream #(${parameters.join(', ')}) u_stream (`,
    ports.map(([name]) => `    .${name}(${name})`).join(',\n'),
    '  );\nendmodule\n',
  ].join('\n');
  writeFileSync(path.join(folder, 'top.v'), top);
  for (const file of libraryFiles) copyFileSync(file, path.join(folder, path.basename(file)));
  const files = ['top.v', ...libraryFiles.map((file) => path.basename(file))];
  const report = await synthesize({ folder, files, top: 'top', family: 'xcup' });
  expect(report.faults).toEqual([]);
  expect(report.latches).toBe(0);
  expect(report.lut).toBeLessThan(500);
});
