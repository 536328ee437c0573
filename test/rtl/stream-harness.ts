import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WeightStream } from '../../src/plan/weight-stream.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
// A mutation run points this at its changed copy of the library.
const library = process.env.VITRUM_RTL ?? path.join(root, 'templates/rtl');
/** More than any word has. */
const WORD_BITS = 1056;

/** Not synchronous: Vitest loses patience with a thread that does not answer for a minute. */
export function exec(
  tool: string,
  args: readonly string[],
  cwd: string,
  input = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, encoding: 'utf8', maxBuffer: 2 ** 30 } as const;
    const child = execFile(tool, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${tool} failed: ${error.message}${stdout}${stderr}`));
      else resolve(stdout);
    });
    child.stdin?.end(input);
  });
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vitrum-stream-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const libraryFiles = ['vt_weight_stream', 'vt_axi_read', 'vt_line_fifo', 'vt_ram'].map(
  (name) => path.join(library, `${name}.v`),
);

/** The parameters of `vt_weight_stream`. */
export function streamParameters(stream: WeightStream): Record<string, number> {
  return {
    ...{ AXI_BITS: stream.axiBits, WORD_BITS: stream.wordBits, WORDS: stream.words },
    ...{ LINE_BEATS: stream.lineBeats, LINE_WORDS: stream.lineWords, LINES: stream.lines },
    ...{ BURST: stream.burst, OUTSTANDING: stream.outstanding },
  };
}

const MASTER = [
  ...[['araddr', 40] as const, ['arlen', 8] as const, ['arsize', 3] as const],
  ...[['arburst', 2] as const, ['arcache', 4] as const, ['arprot', 3] as const],
  ...[['arvalid', 1] as const, ['rready', 1] as const, ['word_valid', 1] as const],
  ...[['error', 1] as const, ['waiting', 1] as const],
];

/** All streams in one module; `sel` chooses the one that is out of reset and connected. */
function harness(streams: readonly WeightStream[]): string {
  const range = (bits: number) => (bits > 1 ? `[${bits - 1}:0] ` : '');
  const outputs = [...MASTER, ['word', WORD_BITS] as const];
  const instance = (stream: WeightStream, i: number) => {
    const parameters = Object.entries(streamParameters(stream)).map(([n, v]) => `.${n}(${v})`);
    return [
      ...outputs.map(([name, bits]) => `  wire ${range(bits)}${name}${i};`),
      `  vt_weight_stream #(${parameters.join(', ')}) u${i} (`,
      `    .clk_i(clk), .rst_i(rst || sel != ${i}), .enable_i(enable), .base_i(base),`,
      ...MASTER.map(([name]) => `    .${name}_o(${name}${i}),`),
      `    .arready_i(arready), .rdata_i(rdata[${stream.axiBits - 1}:0]), .rresp_i(rresp),`,
      '    .rlast_i(rlast), .rvalid_i(rvalid), .word_take_i(take),',
      `    .word_o(word${i}[${stream.wordBits - 1}:0])`,
      '  );',
      `  assign word${i}[${WORD_BITS - 1}:${stream.wordBits}] = 0;`,
    ];
  };
  return [
    'module harness(',
    '  input wire clk, rst, enable, arready, rlast, rvalid, take,',
    '  input wire [7:0] sel, input wire [39:0] base,',
    '  input wire [511:0] rdata, input wire [1:0] rresp,',
    outputs.map(([name, bits]) => `  output reg ${range(bits)}${name}`).join(',\n'),
    ');',
    ...streams.flatMap(instance),
    '  always @* case (sel)',
    ...streams.map(
      (_, i) => `    ${i}: begin ${outputs.map(([n]) => `${n} = ${n}${i};`).join(' ')} end`,
    ),
    `    default: begin ${outputs.map(([name]) => `${name} = 0;`).join(' ')} end`,
    '  endcase',
    'endmodule',
    '',
  ].join('\n');
}

export interface Scenario {
  /** What the memory holds, from `base` on. */
  readonly contents: Uint8Array;
  /** Cycles between a take and the next cycle in which a word is wanted. */
  readonly pauses: readonly number[];
  readonly base?: number;
  readonly latency?: number;
  /** Requests that the memory accepts at a time. */
  readonly outstanding?: number;
  /** 0: the memory never stalls. */
  readonly seed?: number;
  /** A reset comes after so many cycles, and everything begins anew. */
  readonly resetAt?: number;
  readonly hit?: 'none' | 'response' | 'last' | 'stray';
  /** The beat that is hit; of a stray beat, the cycle. */
  readonly hitBeat?: number;
  readonly limit?: number;
}

export interface StreamRun {
  readonly words: readonly string[];
  readonly cycles: readonly number[];
  readonly faults: readonly string[];
  /** `taken`, `cycles`, `error`, `errorAt`, `hitAt`, `waited` */
  readonly end: Readonly<Record<string, number>>;
}

/** Compiles all streams at once; runs one of them at a time. */
export async function streamBench(
  streams: readonly WeightStream[],
): Promise<(sel: number, scenario: Scenario) => Promise<StreamRun>> {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'harness.v'), harness(streams));
  const sources = [
    path.join(root, 'test/rtl/weight-stream.cpp'),
    path.join(root, 'testbench/axi_memory.cpp'),
  ];
  const include = `-I${path.join(root, 'testbench')}`;
  const options = ['--cc', '--exe', '--build', '-O3', '-j', '2', '-Mdir', 'obj', '-Wno-fatal'];
  const flags = [
    '-CFLAGS',
    `${include} -std=c++17`,
    '-MAKEFLAGS',
    'OPT_FAST=-O1',
    '-MAKEFLAGS',
    'OPT_SLOW=-O0',
  ];
  await exec('verilator', [...options, ...flags, '-y', library, 'harness.v', ...sources], folder);
  return async (sel, scenario) => {
    const { axiBits, wordBits } = streams[sel] as WeightStream;
    const hits = ['none', 'response', 'last', 'stray'];
    writeFileSync(path.join(folder, 'contents.bin'), scenario.contents);
    const numbers = {
      ...{ sel, busBytes: axiBits / 8, base: scenario.base ?? 0x1_2345_6000 },
      ...{ latency: scenario.latency ?? 40, outstanding: scenario.outstanding ?? 16 },
      ...{ seed: scenario.seed ?? 0, resetAt: scenario.resetAt ?? 0 },
      ...{ hit: hits.indexOf(scenario.hit ?? 'none'), hitBeat: scenario.hitBeat ?? 0 },
      limit: scenario.limit ?? 1_000_000,
    };
    const text = [
      ...Object.entries(numbers).map(([name, value]) => `${name} ${value}`),
      'contents contents.bin',
      ...scenario.pauses.map((pause) => `pause ${pause}`),
    ].join('\n');
    return readRun(await exec('obj/Vharness', [], folder, text), wordBits);
  };
}

function readRun(text: string, wordBits: number): StreamRun {
  const words: string[] = [];
  const cycles: number[] = [];
  const faults: string[] = [];
  const end: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [kind, first = '', second = '', ...rest] = line.split(' ');
    if (kind === 'word') {
      cycles.push(Number(first));
      words.push(second.slice(-Math.ceil(wordBits / 4)));
    } else if (kind === 'fault') {
      faults.push(line.slice('fault '.length));
    } else if (kind === 'end') {
      const fields = [first, second, ...rest];
      for (let i = 0; i < fields.length; i += 2) end[fields[i] as string] = Number(fields[i + 1]);
    }
  }
  return { words, cycles, faults, end };
}
