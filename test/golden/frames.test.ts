import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import {
  encodeImage,
  type GoldenTensors,
  goldenFrames,
  goldenResult,
  goldenResults,
  runGolden,
} from '../../src/golden/index.ts';
import { elementCount, type IntegerGraph } from '../../src/ir/index.ts';
import { randomGraph } from '../support/random-graph.ts';

// Worker threads need a second to start, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const graph = randomGraph({ seed: 12, depth: 2, tokens: 6 });
const random = createRandom(3);
const images = Array.from({ length: 7 }, () =>
  Uint8Array.from({ length: elementCount(graph.input.tensor) }, () => random.nextInt(0, 255)),
);
const expected = images.map((pixels) => runGolden(graph, encodeImage(graph.input, pixels)));

const IN_WORKERS = { workers: 2, eager: true } as const;

describe.each([
  ['in this thread', { workers: 1 }],
  ['in worker threads', IN_WORKERS],
])('golden frames %s', (_, options) => {
  it('give every tensor of every image, in order', async () => {
    const order: number[] = [];
    const use = (tensors: GoldenTensors, index: number) => {
      order.push(index);
      return tensors;
    };
    expect(await goldenFrames(graph, images, use, options)).toEqual(expected);
    expect(order.sort()).toEqual(images.map((__, i) => i));
  });

  it('keep nothing but the result when that is all that is wanted', async () => {
    const use = (tensors: GoldenTensors) => [...tensors.keys()];
    const kept = await goldenFrames(graph, images.slice(0, 2), use, { ...options, keep: 'result' });
    expect(kept).toEqual([['logits'], ['logits']]);
    expect(await goldenResults(graph, images, options)).toEqual(
      expected.map((tensors) => goldenResult(graph, tensors)),
    );
  });

  it('end with the error of a frame or of its use', async () => {
    const short = [...images.slice(0, 3), new Uint8Array(5)];
    await expect(goldenResults(graph, short, options)).rejects.toThrow('5 bytes are not');
    const use = (__: GoldenTensors, index: number) => {
      if (index === 2) throw new Error('no use');
    };
    await expect(goldenFrames(graph, images, use, options)).rejects.toThrow('no use');
  });
});

it('end with an error when the workers do not start', async () => {
  // The copy that a worker gets has no prototype, and so no nodes.
  const { nodes, ...rest } = graph;
  const broken: IntegerGraph = Object.assign(Object.create({ nodes }), rest);
  await expect(goldenResults(broken, images, IN_WORKERS)).rejects.toThrow(/undefined/);
});

it('run in workers of a plain node, which has loaded TypeScript through tsx itself', () => {
  const script = `
    const { register } = await import('tsx/esm/api');
    register();
    const { goldenResults } = await import('./src/golden/index.ts');
    const { randomGraph } = await import('./test/support/random-graph.ts');
    const images = [new Uint8Array(16), new Uint8Array(16)];
    const results = await goldenResults(randomGraph(), images, { workers: 2, eager: true });
    console.log(JSON.stringify(results.map((r) => r.length)));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  expect(stderr.toString()).toBe('');
  expect(stdout.toString().trim()).toBe('[10,10]');
});
