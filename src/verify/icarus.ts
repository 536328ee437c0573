import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Manifest, simulationSources } from '../emit/manifest.ts';
import { readGraph, readManifest } from '../emit/read-manifest.ts';
import { runTool, ToolError } from '../tools/index.ts';
import { benchFolder } from './bench-sources.ts';
import { goldenImages } from './golden-images.ts';
import { operationLayouts } from './layout.ts';
import { sampleImages } from './sample-images.ts';
import type { FrameVectors } from './vectors.ts';
import { optionalTool } from './verilator.ts';

export interface IcarusReport {
  readonly ok: boolean;
  readonly frames: number;
  readonly valuesCompared: number;
  readonly mismatches: number;
  /** What failed, one sentence each. */
  readonly failures: readonly string[];
  /** `Icarus Verilog 11.0` */
  readonly simulator: string;
}

/**
 * Simulates a build folder with Icarus Verilog, which knows unknown bits, and compares the results
 * with the golden model; both streams are stalled at random. It is slow, so for small designs.
 * Gives null when Icarus Verilog is not installed. Throws like `simulate`.
 */
export async function simulateIcarus(
  folder: string,
  options: { readonly images: number; readonly seed: number },
): Promise<IcarusReport | null> {
  const path = resolve(folder);
  const manifest = readManifest(path);
  const graph = readGraph(path, manifest.files.graph);
  const images = sampleImages(manifest.images, graph.input, options.images, options.seed, path);
  const vectors = goldenImages(graph, manifest, operationLayouts(manifest, graph), images);
  return checkWithIcarus(path, manifest, vectors, options.seed);
}

/** The same on vectors that are already there. */
export async function checkWithIcarus(
  folder: string,
  manifest: Manifest,
  vectors: readonly FrameVectors[],
  seed: number,
): Promise<IcarusReport | null> {
  const version = await optionalTool('iverilog');
  if (version === undefined) return null;
  const simulator = `Icarus Verilog ${version}`;
  const frames = vectors.length;
  const scratch = mkdtempSync(join(tmpdir(), 'vitrum-icarus-'));
  try {
    const program = join(scratch, 'bench.vvp');
    const failed = await compile(program, folder, manifest, frames, seed);
    if (failed !== undefined) {
      return {
        ok: false,
        frames: 0,
        valuesCompared: 0,
        mismatches: 0,
        failures: [failed],
        simulator,
      };
    }
    writeMemories(scratch, manifest, vectors);
    const run = await runTool({
      tool: 'vvp',
      args: [
        ...['-n', program],
        `+input=${join(scratch, 'input.mem')}`,
        `+expected=${join(scratch, 'expected.mem')}`,
      ],
      cwd: folder,
    });
    const output = `${run.stdout}\n${run.stderr}`;
    const result = /^RESULT (\d+) (\d+) (-?\d+) (\d+)$/m.exec(output)?.slice(1).map(Number);
    const [values, mismatches, first, cycles] = result ?? [];
    if (values === undefined || mismatches === undefined || first === undefined) {
      const message = `Icarus Verilog gave no result: ${output.trim().split('\n').at(-1)}`;
      throw new ToolError({ code: 'VT607', message });
    }
    const { classes } = manifest.result;
    const failures = output.split('\n').filter((line) => /WARNING|ERROR/.test(line));
    if (values < frames * classes) {
      failures.push(
        `Only ${values} of ${frames * classes} results had come after ${cycles} cycles.`,
      );
    }
    if (first >= 0) {
      const [frame, beat] = [Math.floor(first / classes), first % classes];
      failures.push(`Result ${beat} of frame ${frame} is the first of ${mismatches} that differ.`);
    }
    return {
      ok: failures.length === 0 && values > 0,
      frames: Math.floor(values / classes),
      valuesCompared: values,
      mismatches,
      failures,
      simulator,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Returns the first error when Icarus Verilog does not take the sources. */
async function compile(
  program: string,
  folder: string,
  manifest: Manifest,
  frames: number,
  seed: number,
): Promise<string | undefined> {
  const { top, input, result, predicted } = manifest;
  const parameters = {
    DATA_BITS: 8 * input.lanes,
    BEATS: input.words,
    CLASSES: result.classes,
    FRAMES: frames,
    // A signed 32-bit number that is not zero.
    SEED: (seed % 0x7fffffff) + 1,
    LIMIT: 4 * predicted.latencyCycles + 10_000,
  };
  const run = await runTool({
    tool: 'iverilog',
    args: [
      ...['-g2005', '-o', program, '-s', 'icarus_bench', `-DDUT=${top}`],
      ...Object.entries(parameters).map(([name, value]) => `-Picarus_bench.${name}=${value}`),
      join(benchFolder, 'icarus_bench.v'),
      ...simulationSources(manifest),
    ],
    cwd: folder,
  });
  if (run.exitCode === 0) return undefined;
  return run.stderr.split('\n').find((line) => line.includes('error')) ?? run.stderr.trim();
}

function writeMemories(
  scratch: string,
  { input, result }: Manifest,
  vectors: readonly FrameVectors[],
): void {
  const beats = vectors.flatMap(({ input: bytes }) =>
    Array.from({ length: input.words }, (_, word) =>
      Buffer.from(bytes.subarray(word * input.lanes, (word + 1) * input.lanes))
        .reverse()
        .toString('hex'),
    ),
  );
  const results = vectors.flatMap(({ expected }) =>
    Array.from(expected.subarray(expected.length - result.classes), (code) =>
      (code >>> 0).toString(16),
    ),
  );
  writeFileSync(join(scratch, 'input.mem'), `${beats.join('\n')}\n`);
  writeFileSync(join(scratch, 'expected.mem'), `${results.join('\n')}\n`);
}
