import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, simulationSources } from '../emit/manifest.ts';
import { runTool, ToolError } from '../tools/index.ts';
import { benchFolder, benchSources, benchText, designSources } from './bench-sources.ts';
import { cached, cacheFolder, keep } from './cache.ts';
import { requireTool, verilatorMessages } from './verilator.ts';

export interface Bench {
  readonly program: string;
  readonly verilator: string;
}

/** Verilator does not take the sources. */
export interface Rejected {
  readonly rejected: readonly string[];
  readonly verilator: string;
}

const PROGRAM = 'Vdut';

const VERILATOR_FLAGS = [
  ...['--cc', '--exe', '-O3', '--prefix', PROGRAM],
  // Registers and memories start with random bits, so that nothing is right by being zero.
  ...['--x-assign', 'unique', '--x-initial', 'unique'],
  ...['--timescale', '1ns/1ns'],
  // Lint is a check of its own, see lint.ts.
  '-Wno-fatal',
];

/** The model is optimized; what runs once is not worth the compiler's time. */
const MAKE_FLAGS = ['OPT_FAST=-O1', 'OPT_GLOBAL=-O1', 'OPT_SLOW=-O0'];

/**
 * Compiles the bench of a build folder with Verilator, or takes it from the cache: its key holds
 * all sources, so only memory files may change without a new compilation; they are read when the
 * bench runs.
 *
 * Throws `ToolError` when a tool is missing or the C++ cannot be compiled.
 */
export async function buildBench(
  folder: string,
  manifest: Manifest,
  trace: boolean,
): Promise<Bench | Rejected> {
  const verilator = await requireTool('verilator');
  const design = designSources(manifest);
  const common = [benchText(), verilator, String(trace), process.arch, ...MAKE_FLAGS];
  const sources = simulationSources(manifest).map(
    (f) => `${f}\n${readFileSync(join(folder, f), 'utf8')}`,
  );
  const key = `bench-${hash([...common, ...VERILATOR_FLAGS, ...sources, manifest.top, design.dut, design.taps])}`;
  const cache = cacheFolder();
  const found = cached(cache, key);
  if (found !== undefined) return { program: join(found, PROGRAM), verilator };

  // Not in the cache: make does not take spaces in paths, and temporary folders rarely have any.
  const scratch = mkdtempSync(join(tmpdir(), 'vitrum-bench-'));
  try {
    const rejected = await verilate(scratch, folder, manifest, trace);
    if (rejected.length > 0) return { rejected, verilator };
    await compile(scratch, cache, `objects-${hash(common)}`);
    const made = join(scratch, 'made');
    mkdirSync(made);
    copyFileSync(join(scratch, 'obj', PROGRAM), join(made, PROGRAM));
    return { program: join(keep(cache, key, made), PROGRAM), verilator };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function hash(parts: readonly string[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(`${part.length}:${part}`);
  return sum.digest('hex').slice(0, 32);
}

/** Verilog to C++; returns the errors when Verilator does not take the sources. */
async function verilate(
  scratch: string,
  folder: string,
  manifest: Manifest,
  trace: boolean,
): Promise<string[]> {
  const { dut, taps } = designSources(manifest);
  writeFileSync(join(scratch, 'dut.cpp'), dut);
  writeFileSync(join(scratch, 'taps.vlt'), taps);
  for (const name of benchSources()) copyFileSync(join(benchFolder, name), join(scratch, name));
  const run = await runTool({
    tool: 'verilator',
    args: [
      ...VERILATOR_FLAGS,
      ...(trace ? ['--trace-fst'] : []),
      ...['-CFLAGS', `-std=c++17 -DVL_USER_FATAL -I${scratch}`],
      ...['--top-module', manifest.top, '--Mdir', join(scratch, 'obj')],
      join(scratch, 'taps.vlt'),
      ...simulationSources(manifest),
      join(scratch, 'dut.cpp'),
      ...benchSources()
        .filter((name) => name.endsWith('.cpp'))
        .map((name) => join(scratch, name)),
    ],
    cwd: folder,
  });
  if (run.exitCode === 0) return [];
  const messages = verilatorMessages(`${run.stdout}\n${run.stderr}`);
  return messages.length > 0 ? messages : [`Verilator ended with code ${run.exitCode}.`];
}

/**
 * C++ to a program. The objects that are the same for all designs, of the bench and of Verilator's
 * own library, are most of the work for a small design. They are kept: make finds them done.
 */
async function compile(scratch: string, cache: string, objectsKey: string): Promise<void> {
  const folder = join(scratch, 'obj');
  const done = cached(cache, objectsKey);
  if (done !== undefined) copyObjects(done, folder);
  const run = await runTool({
    tool: 'make',
    args: [
      '-C',
      folder,
      '-f',
      `${PROGRAM}.mk`,
      '-j',
      String(availableParallelism()),
      ...MAKE_FLAGS,
      PROGRAM,
    ],
  });
  if (run.exitCode !== 0) {
    await requireTool('g++');
    const lines = `${run.stdout}\n${run.stderr}`
      .split('\n')
      .filter((l) => /error|cannot find/i.test(l));
    const line = lines[0] ?? `make ended with code ${run.exitCode}`;
    throw new ToolError({
      code: 'VT606',
      message: `the bench cannot be compiled: ${line}`,
      hint: /zlib\.h|-lz\b/.test(line)
        ? 'Waveforms need the headers of zlib: sudo apt-get install -y zlib1g-dev'
        : undefined,
    });
  }
  if (done !== undefined) return;
  const objects = join(scratch, 'objects');
  mkdirSync(objects);
  copyObjects(folder, objects);
  keep(cache, objectsKey, objects);
}

function copyObjects(from: string, to: string): void {
  const ofBench = new Set(benchSources().map((name) => name.replace(/\.cpp$/, '.o')));
  for (const name of readdirSync(from)) {
    if (ofBench.has(name) || /^verilated.*\.o$/.test(name))
      copyFileSync(join(from, name), join(to, name));
  }
}
