import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach } from 'vitest';
import {
  type Bench,
  type Cycle,
  harnessBits,
  harnessVerilog,
  readTrace,
  stimulusText,
  type Trace,
} from './harness.ts';

export * from './harness.ts';

// Compiling blocks the process, for longer than the runner waits for an answer where many tests
// follow each other: it gets a turn before each of them.
beforeEach(() => new Promise<void>((resolve) => setTimeout(resolve, 10)));

/** A unit that takes any number of runs; the first one compiles it. */
export interface Unit {
  /**
   * Runs from power-up, one element of `cycles` per clock cycle.
   *
   * @param files memory files of this run, by name, with their text
   */
  run(cycles: Iterable<Cycle>, files?: Readonly<Record<string, string>>): Trace;
}

// A mutation run points this at its changed copy of the library.
const library =
  process.env.VITRUM_RTL ?? fileURLToPath(new URL('../../templates/rtl/', import.meta.url));
const driver = fileURLToPath(new URL('./verilate.cpp', import.meta.url));
/** Verilator's own library is the slowest part to compile and the same for all units. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/vitrum-test/', import.meta.url));

export const hasVerilator = present('verilator', '--version');
export const hasIcarus = present('iverilog', '-V');

function present(tool: string, flag: string): boolean {
  const found = spawnSync(tool, [flag]).error === undefined;
  if (!found) console.warn(`${tool} is not installed: tests that need it are skipped.`);
  return found;
}

function exec(tool: string, args: readonly string[], cwd: string, input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(tool, args, {
    cwd,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${tool} failed: ${error?.message ?? ''}${stdout}${stderr}`);
  return stdout;
}

/** Folders live until the process ends, so that one compiled unit serves all tests of a file. */
function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vitrum-unit-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function prepare(bench: Bench): string {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'harness.v'), harnessVerilog(bench));
  return folder;
}

function writeAll(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
}

/** A unit under Verilator, whose registers and memories begin with random contents. */
export function verilate(bench: Bench): Unit {
  const compiled = once(() => compileVerilator(bench));
  return {
    run: (cycles, files = {}) => {
      const folder = compiled();
      writeAll(folder, files);
      return readTrace(bench, exec('obj/Vharness', [], folder, stimulusText(bench, cycles)));
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function compileVerilator(bench: Bench): string {
  const folder = prepare(bench);
  const options = ['--cc', '--exe', '--top-module', 'harness', '-Mdir', 'obj'];
  // The library is linted with whole designs; what the harness leaves open is no fault.
  exec('verilator', [...options, '-Wno-fatal', '-y', library, 'harness.v', driver], folder);
  const objects = path.join(folder, 'obj');
  const flags = ['OPT_FAST=-O1', 'OPT_SLOW=-O0', 'OPT_GLOBAL=-O1'];
  for (const file of sharedRuntime(flags, objects)) {
    copyFileSync(file, path.join(objects, path.basename(file)));
  }
  exec('make', ['-f', 'Vharness.mk', ...flags], objects);
  return folder;
}

/** Object files of Verilator's library, compiled once for a version of Verilator. */
function sharedRuntime(flags: readonly string[], objects: string): string[] {
  const version = exec('verilator', ['--version'], objects).replaceAll(/[^\w.]+/g, '-');
  const folder = path.join(cache, version);
  const names = ['verilated.o', 'verilated_threads.o'];
  const missing = names.filter((name) => !existsSync(path.join(folder, name)));
  if (missing.length > 0) {
    mkdirSync(folder, { recursive: true });
    exec('make', ['-f', 'Vharness.mk', ...flags, ...missing], objects);
    for (const name of missing) {
      // Another test may do the same at this moment; a rename leaves a whole file in any case.
      const own = path.join(folder, `${name}.${process.pid}`);
      copyFileSync(path.join(objects, name), own);
      renameSync(own, path.join(folder, name));
    }
  }
  return names.map((name) => path.join(folder, name));
}

/** A unit under Icarus Verilog, which knows unknown bits: what nothing set is X. */
export function icarus(bench: Bench): Unit {
  const compiled = once(() => compileIcarus(bench));
  return {
    run: (cycles, files = {}) => {
      const folder = compiled();
      writeAll(folder, { ...files, 'stimulus.hex': stimulusText(bench, cycles) });
      // Its warnings about short memory files go to stdout.
      exec('vvp', ['-n', 'bench.vvp'], folder);
      return readTrace(bench, readFileSync(path.join(folder, 'observed.hex'), 'utf8'));
    },
  };
}

function compileIcarus(bench: Bench): string {
  const folder = prepare(bench);
  const { stimulus, observed } = harnessBits(bench);
  const testbench = [
    'module bench;',
    '  reg clk = 0;',
    `  reg [${stimulus - 1}:0] stimulus;`,
    `  wire [${observed - 1}:0] observed;`,
    '  integer file, log;',
    '  harness u_harness (.clk(clk), .stimulus(stimulus), .observed(observed));',
    '  initial begin',
    '    file = $fopen("stimulus.hex", "r");',
    '    log = $fopen("observed.hex", "w");',
    '    while ($fscanf(file, "%h\\n", stimulus) == 1) begin',
    '      #1 $fdisplay(log, "%h", observed);',
    '      clk = 1;',
    '      #1 clk = 0;',
    '    end',
    '    $finish;',
    '  end',
    'endmodule',
    '',
  ].join('\n');
  writeFileSync(path.join(folder, 'bench.v'), testbench);
  const options = ['-g2005', '-s', 'bench', '-o', 'bench.vvp', '-y', library];
  exec('iverilog', [...options, 'bench.v', 'harness.v'], folder);
  return folder;
}
