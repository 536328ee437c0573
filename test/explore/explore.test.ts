import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../src/compile.ts';
import { type ExploreOptions, explore, planText } from '../../src/explore/index.ts';
import { stepper } from '../../src/tools/index.ts';

const tiny = fileURLToPath(new URL('../../examples/tiny/tiny.vit.ts', import.meta.url));
const storeFolder = mkdtempSync(join(tmpdir(), 'vitrum-explore-'));
afterAll(() => rmSync(storeFolder, { recursive: true, force: true }));

const bits = [
  { weights: 4, activations: 4 },
  { weights: 8, activations: 8 },
];
const search = async (options: ExploreOptions) => {
  const { result } = await explore(tiny, { bits, workers: 1, storeFolder, ...options });
  return result;
};
const shown = ({ counts: _, ...rest }: Awaited<ReturnType<typeof search>>) => rest;

describe('vitrum explore', { timeout: 120_000 }, () => {
  const target = { board: 'arty-a7-100', targetFps: 30_000 };
  let first: Awaited<ReturnType<typeof search>>;
  beforeAll(async () => {
    first = await search(target);
  }, 120_000);

  it('takes the most precise plan that reaches the target', () => {
    expect(first.reached).toBe(true);
    expect(first.answer?.point.bits).toMatchObject({ weights: 8, activations: 8 });
    expect(first.answer?.evaluation.framesPerSecond).toBeGreaterThanOrEqual(30_000);
    expect(first.answer?.evaluation.fits).toBe(true);
    expect(first.counts.evaluated).toBeGreaterThan(0);
  });

  it('gives a plan that is built as it says', async () => {
    if (!first.answer) throw new Error('no answer');
    const path = join(storeFolder, 'plan.json');
    writeFileSync(path, planText(first.design, first.answer.point));
    const { plan } = await compile(tiny, stepper(7), path);
    const { evaluation } = first.answer;
    const { lut, ff, dsp, bram36, uram } = plan.estimate;
    expect([plan.cycles.perFrame, plan.cycles.latency]).toEqual([
      evaluation.cyclesPerFrame,
      evaluation.latencyCycles,
    ]);
    expect({ lut, ff, dsp, bram36, uram }).toEqual(evaluation.need);
  });

  it('the modules add up to the need', () => {
    const { answer } = first;
    const sum = (of: 'lut' | 'dsp' | 'bram36') =>
      answer?.details.modules.reduce((n, { need }) => n + need[of], 0);
    expect(sum('lut')).toBe(answer?.evaluation.need.lut);
    expect(sum('dsp')).toBe(answer?.evaluation.need.dsp);
    expect(sum('bram36')).toBe(answer?.evaluation.need.bram36);
  });

  it('takes a second run from the store, with the same result', async () => {
    const again = await search(target);
    expect(again.counts.stored).toBe(again.counts.evaluated);
    expect(shown(again)).toEqual(shown(first));
  });

  it('goes on where a run was broken off', async () => {
    const folder = join(storeFolder, 'explore');
    const files = readdirSync(folder).sort();
    for (const file of files.filter((_, i) => i % 2 === 0)) rmSync(join(folder, file));
    const again = await search(target);
    expect(again.counts.stored).toBeLessThan(again.counts.evaluated);
    expect(again.counts.stored).toBeGreaterThan(0);
    expect(shown(again)).toEqual(shown(first));
  });

  it('without a target gives a front with the answer in it', async () => {
    const { answer, front, reached } = await search({ board: 'arty-a7-100' });
    expect(reached).toBe(true);
    expect(front.length).toBeGreaterThan(3);
    const own = { point: answer?.point, evaluation: answer?.evaluation };
    expect(front).toContainEqual(own);
    const rates = front.map(({ evaluation }) => evaluation.framesPerSecond);
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
  });

  it('says what would do where the target is out of reach', async () => {
    const result = await search({ board: 'ulx3s-85f', targetFps: 90_000 });
    expect(result.reached).toBe(false);
    expect(result.answer?.evaluation.framesPerSecond).toBeLessThan(90_000);
    expect(result.alternatives.length).toBeGreaterThan(0);
    for (const { kind, plan } of result.alternatives) {
      if (kind === 'board') expect(plan.point.board).not.toBe('ulx3s-85f');
      expect(plan.evaluation.framesPerSecond).toBeGreaterThanOrEqual(90_000);
    }
  });

  it('says what lacks where nothing fits', async () => {
    const { answer, nearest, reached } = await search({
      ...{ board: 'icebreaker', alternatives: false, targetFps: 10 },
    });
    expect([answer, reached]).toEqual([null, false]);
    expect(nearest?.evaluation.fits).toBe(false);
    expect(nearest?.evaluation.binding.share).toBeGreaterThan(1);
  });
});
