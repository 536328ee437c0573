import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/arithmetic/index.ts';
import { writeNpz } from '../../src/arrays/index.ts';
import { loadDesign } from '../../src/dsl/load.ts';
import { withAccuracy } from '../../src/explore/accuracy/index.ts';
import type { PlanBits } from '../../src/explore/types.ts';
import { reportFixture } from '../explore-report/fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'vitrum-plan-accuracy-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const tiny = fileURLToPath(new URL('../../examples/tiny/tiny.vit.ts', import.meta.url));
const { design, folder } = await loadDesign(tiny);
const { result } = reportFixture({
  ...{ model: design.model, board: 'kv260', targetFps: null, weightBits: [8, 2] },
  tiles: [
    [1, 2, 2],
    [1, 4, 4],
  ],
});
const options = { count: 20, workers: 1, storeFolder: root };

/** Twelve images as an `.npz`, of known classes or not. */
function imagesIn(name: string, labelled: boolean): string {
  const random = createRandom(3);
  const pixels = Uint8Array.from({ length: 12 * 64 }, () => random.nextInt(0, 255));
  const labels = Int32Array.from({ length: 12 }, (_, i) => i % 3);
  const file = join(root, name);
  const arrays = new Map([
    ['images', { shape: [12, 8, 8], data: pixels as Uint8Array | Int32Array }],
  ]);
  if (labelled) arrays.set('labels', { shape: [12], data: labels });
  writeFileSync(file, writeNpz(arrays));
  return file;
}

describe('the accuracy of plans', () => {
  it('is a proxy for a design with noise for images, one for each choice of bits', async () => {
    const found = await withAccuracy(result, design, folder, options);
    const values = new Map<number, Set<number>>();
    for (const { point, evaluation } of found.front) {
      const { accuracy } = evaluation;
      expect(accuracy).toMatchObject({ metric: 'sqnr', how: 'proxy', images: 0 });
      const weights = point.bits?.weights ?? 0;
      values.set(weights, (values.get(weights) ?? new Set()).add(accuracy?.value ?? 0));
    }
    const [eight, two] = [...values.entries()].sort(([a], [b]) => b - a).map(([, v]) => [...v]);
    expect([eight?.length, two?.length]).toEqual([1, 1]);
    expect(eight?.[0]).toBeGreaterThan(two?.[0] ?? 0);
    expect(found.answer?.evaluation.accuracy).toEqual(
      found.front.find((p) => p.point.bits?.weights === found.answer?.point.bits?.weights)
        ?.evaluation.accuracy,
    );
  });

  it('is measured on images: top-1 where classes are known, else signal to noise', async () => {
    const known = { ...options, images: imagesIn('known.npz', true) };
    const progress: string[] = [];
    const onProgress = (done: number, all: number) => void progress.push(`${done}/${all}`);
    const measured = await withAccuracy(result, design, folder, { ...known, onProgress });
    const accuracy = measured.answer?.evaluation.accuracy;
    expect(accuracy).toMatchObject({ metric: 'top1', how: 'measured', images: 12 });
    expect(accuracy?.value).toBeGreaterThanOrEqual(0);
    expect(accuracy?.value).toBeLessThanOrEqual(1);
    expect(progress).toEqual(['1/2', '2/2']);
    const unknown = { ...options, images: imagesIn('unknown.npz', false) };
    const { front } = await withAccuracy(result, design, folder, unknown);
    const of = (weights: number) =>
      front.find((p) => p.point.bits?.weights === weights)?.evaluation.accuracy;
    expect(of(8)).toMatchObject({ metric: 'sqnr', how: 'measured', images: 12 });
    expect(of(8)?.value).toBeGreaterThan((of(2)?.value ?? 0) + 10);
  });

  it('is left alone where bits are not to be chosen', async () => {
    const without = <P extends (typeof result.front)[number]>(plan: P) => ({
      ...plan,
      point: { ...plan.point, bits: null as PlanBits | null },
    });
    const given = {
      ...result,
      answer: result.answer && without(result.answer),
      front: result.front.map(without),
    };
    expect(await withAccuracy(given, design, folder, options)).toBe(given);
  });
});
