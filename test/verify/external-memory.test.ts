import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../bench/support/build-graph.ts';
import { type Manifest, writeFolder } from '../../src/emit/index.ts';
import { readManifest } from '../../src/emit/read-manifest.ts';
import { buildBench } from '../../src/verify/build-bench.ts';
import { goldenImages } from '../../src/verify/golden-images.ts';
import { intervals, runFailures, timingFailures } from '../../src/verify/judge.ts';
import { operationLayouts } from '../../src/verify/layout.ts';
import { type MemorySettings, type RunSettings, writeVectors } from '../../src/verify/plan-file.ts';
import { type BenchResult, runBench } from '../../src/verify/run-bench.ts';
import { sampleImages } from '../../src/verify/sample-images.ts';
import { randomGraph } from '../support/random-graph.ts';
import { hasVerilator } from '../support/verilate.ts';

// A tile of 1024 bits in 19 cycles, and a bus that brings 64 in each: few can be lost.
const graph = randomGraph({ width: 16, tokens: 10, hidden: 40, weightBits: 8, family: 'table' });
const tile = { tokens: 1, inputs: 8, outputs: 16, vector: 2 };
const target = { board: 'vck190', tile, weights: 'external', weightBus: 64 } as const;
const places = ['onChip', 'external'] as const;

/** ERRORS of templates/rtl/vt_registers.v. */
const WEIGHT_READ_FAILED = 1 << 4;

const designs = describe.skipIf(!hasVerilator).each(places);
designs('a design with external weights, parameters %s', { timeout: 240_000 }, (parameters) => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-memory-'));
  const folder = join(root, 'design');
  let manifest: Manifest;
  let program: string;
  beforeAll(async () => {
    writeFolder(folder, buildGraph(graph, { ...target, parameters }, 3).files);
    manifest = readManifest(folder);
    const images = sampleImages(manifest.images, graph.input, 3, 1, folder);
    writeVectors(root, goldenImages(graph, manifest, operationLayouts(manifest, graph), images));
    const bench = await buildBench(folder, manifest, false);
    if ('rejected' in bench) throw new Error(bench.rejected[0]);
    program = bench.program;
  }, 240_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** A run from a clean start; the streams never stall. */
  const run = (memory: MemorySettings, seed = 1, frames = 3): Promise<BenchResult> => {
    const reset = { at: 0, cycles: 0 };
    const settings: RunSettings = { frames, seed, stalls: false, reset, memory };
    return runBench(program, folder, manifest, { folder: root, images: 3 }, settings);
  };
  const beatsOfFrame = () =>
    (manifest.weights?.parameters?.offset ?? manifest.weights?.bytes ?? 0) / 8;

  test('takes the predicted cycles when the memory answers as the planner counts on', async () => {
    const result = await run({});
    expect(runFailures(result, manifest)).toEqual([]);
    expect(timingFailures(result, manifest)).toEqual([]);
    expect(result.mismatches).toBe(0);
    expect(beatsOfFrame()).toBeGreaterThan(100);
    const isOnChip = manifest.files.memory.includes('mem/channel_parameters.mem');
    expect(isOnChip).toBe(parameters === 'onChip');
    expect(manifest.weights?.parameters === null).toBe(isOnChip);
  });

  test('takes longer when the memory stalls, as the seed says, and computes the same', async () => {
    // In some frames the memory hardly stalls, or as much as the buffer can hide.
    const frames = async (seed: number) => {
      const result = await run({ stalls: true }, seed, 12);
      expect(runFailures(result, manifest)).toEqual([]);
      expect(result.mismatches).toBe(0);
      return intervals(result);
    };
    const [first, again, other] = [await frames(1), await frames(1), await frames(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const longest = Math.max(...first, ...other);
    expect(longest).toBeGreaterThan(1.05 * manifest.predicted.cyclesPerFrame);
  });

  test('takes longer when the memory is slow', async () => {
    const result = await run({ latency: 400 });
    expect(runFailures(result, manifest)).toEqual([]);
    expect(result.mismatches).toBe(0);
    expect(intervals(result)[1]).toBeGreaterThan(1.2 * manifest.predicted.cyclesPerFrame);
  });

  test.skipIf(parameters === 'onChip')('has every parameter from there', async () => {
    const { path = '', parameters: own } = manifest.weights ?? {};
    const bytes = readFileSync(join(folder, path));
    // A multiplier lies in the upper half of a word.
    const changed = Buffer.from(bytes);
    for (let at = (own?.offset ?? 0) + 2; at < bytes.length; at += 4)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    writeFileSync(join(folder, path), changed);
    const result = await run({});
    writeFileSync(join(folder, path), bytes);
    expect(result.mismatches).toBeGreaterThan(0);
    expect((await run({})).mismatches).toBe(0);
  });

  test('reports an SLVERR in ERRORS, and goes on', async () => {
    const result = await run({ fault: { beat: beatsOfFrame() + 7, answer: 'slverr' } });
    expect(result.hang).toBeNull();
    expect(result.registers?.errors).toBe(WEIGHT_READ_FAILED);
    expect(runFailures(result, manifest)).toEqual(['The register ERRORS is 16 instead of 0.']);
    // What came with the response was right here, and is used.
    expect(result.mismatches).toBe(0);
  });

  test('reports a wrong address in ERRORS, and goes on with what it got', async () => {
    const result = await run({ wrongBy: 1 << 20 });
    expect(result.hang).toBeNull();
    expect(result.frames.every(({ lastResult }) => lastResult > 0)).toBe(true);
    expect(result.registers?.errors).toBe(WEIGHT_READ_FAILED);
    expect(result.mismatches).toBeGreaterThan(0);
    expect(result.errors[0]).toMatch(
      /^m_axi asks for \d+ bytes at 0x5a[0-9a-f]+, the memory holds/,
    );
  });

  test('waits for a memory that falls silent, which the bench names', async () => {
    const result = await run({ fault: { beat: beatsOfFrame() + 7, answer: 'silence' } });
    expect(result.hang?.stream).toBe('m_axi');
    expect(runFailures(result, manifest)).toContainEqual(
      expect.stringMatching(/^m_axi is stuck: nothing has happened since cycle \d+/),
    );
  });
});

describe.skipIf(!hasVerilator)('parameters that come last', { timeout: 240_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrum-late-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('hold back the tile whose first sums need them', async () => {
    // One tile along the reduction, so that these sums follow at once.
    const wide = { ...target, tile: { ...tile, inputs: 16 }, weightBus: 512 } as const;
    const folder = join(root, 'design');
    writeFolder(folder, buildGraph(graph, { ...wide, parameters: 'external' }, 3).files);
    const manifest = readManifest(folder);
    const images = sampleImages(manifest.images, graph.input, 3, 1, folder);
    writeVectors(root, goldenImages(graph, manifest, operationLayouts(manifest, graph), images));
    const bench = await buildBench(folder, manifest, false);
    if ('rejected' in bench) throw new Error(bench.rejected[0]);
    const vectors = { folder: root, images: 3 };
    for (const seed of [1, 2, 3]) {
      const reset = { at: 0, cycles: 0 };
      const memory = { stalls: true };
      const settings: RunSettings = { frames: 12, seed, stalls: false, reset, memory };
      const result = await runBench(bench.program, folder, manifest, vectors, settings);
      expect(runFailures(result, manifest)).toEqual([]);
      expect(result.mismatches).toBe(0);
    }
  });
});
