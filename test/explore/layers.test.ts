import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../src/compile.ts';
import { loadDesign } from '../../src/dsl/load.ts';
import { weightCounts } from '../../src/explore/accuracy/index.ts';
import {
  type AllocatorName,
  type Explored,
  type ExploreOptions,
  explore,
  planText,
  verifyPlans,
} from '../../src/explore/index.ts';
import { stepper } from '../../src/tools/index.ts';
import { hasVerilator } from '../support/verilate.ts';

const tiny = fileURLToPath(new URL('../../examples/tiny/tiny.vit.ts', import.meta.url));
const storeFolder = mkdtempSync(join(tmpdir(), 'vitrum-layers-'));
afterAll(() => rmSync(storeFolder, { recursive: true, force: true }));

const counts = weightCounts((await loadDesign(tiny)).design.model);
const all = [...counts.values()].reduce((sum, n) => sum + n);
/** Less than 3 bits for every weight, on a board without external memory. */
const ROOM = 2.9 * all;
const options: ExploreOptions = {
  ...{ board: 'ulx3s-85f', targetFps: 5000, workers: 1, storeFolder, alternatives: false },
  bits: [{ weights: 4, activations: 4 }],
  limits: { weightKbit: ROOM / 1024 },
};
const by = (allocator: AllocatorName) => explore(tiny, { ...options, allocator });
const bitsOf = ({ result }: Explored) => {
  const bits = result.answer?.point.bits;
  if (!bits) throw new Error('no answer');
  return [...counts].reduce(
    (sum, [layer, n]) => sum + n * (bits.layers?.[layer]?.weights ?? bits.weights),
    0,
  );
};

describe('vitrum explore --allocator', { timeout: 120_000 }, () => {
  let exact: Explored;
  beforeAll(async () => {
    exact = await by('hawq-v3');
  }, 120_000);

  it('gives layers bits of their own, as many as there is room for', () => {
    const { answer, allocation, reached } = exact.result;
    expect(reached).toBe(true);
    expect(answer?.point.bits?.layers).not.toBeNull();
    expect(answer?.evaluation.framesPerSecond).toBeGreaterThanOrEqual(5000);
    expect(bitsOf(exact)).toBeLessThanOrEqual(ROOM);
    expect(bitsOf(exact)).toBeGreaterThan(0.9 * ROOM);
    expect(allocation).toMatchObject({ allocator: 'hawq-v3', how: 'proxy', taken: true });
    expect(allocation?.weightBits).toBeCloseTo(bitsOf(exact) / all, 6);
    // The noise of design and calibration is run as no image: there is nothing to measure.
    expect(allocation?.measured).toBeNull();
  });

  it('loses less than the best uniform bits, and no allocator loses less', async () => {
    const { allocation } = exact.result;
    expect(allocation?.predicted).toBeLessThan(allocation?.uniform?.predicted ?? 0);
    for (const allocator of ['greedy', 'pareto'] as const) {
      const other = await by(allocator);
      expect(bitsOf(other)).toBeLessThanOrEqual(ROOM);
      const predicted = other.result.allocation?.predicted ?? 0;
      expect(predicted).toBeGreaterThanOrEqual((allocation?.predicted ?? 0) - 1e-12);
    }
  });

  it('keeps the limits with uniform bits as well', async () => {
    const { result } = await by('uniform');
    expect(result.allocation).toBeNull();
    // Four bits have no room, and no others were allowed.
    expect(result.answer).toBeNull();
  });

  it("takes the most activations at the design's own weights for vaqf", async () => {
    const { result } = await explore(tiny, {
      ...options,
      ...{ bits: undefined, limits: undefined, allocator: 'vaqf' },
    });
    expect(result.answer?.point.bits).toMatchObject({ weights: 4, activations: 8, layers: null });
  });

  it('writes a plan that is built as it says', async () => {
    const { answer } = exact.result;
    if (!answer) throw new Error('no answer');
    const path = join(storeFolder, 'plan.json');
    writeFileSync(path, planText('tiny', answer.point));
    const { plan } = await compile(tiny, stepper(7), path);
    const { lut, ff, dsp, bram36, uram } = plan.estimate;
    expect(plan.cycles.perFrame).toBe(answer.evaluation.cyclesPerFrame);
    expect({ lut, ff, dsp, bram36, uram }).toEqual(answer.evaluation.need);
    const linears = plan.checked.graph.nodes.flatMap((n) => (n.kind === 'linear' ? [n] : []));
    expect(new Set(linears.map((n) => n.weightFormat.bits)).size).toBeGreaterThan(1);
  });

  it.skipIf(!hasVerilator)('and that runs as it says', { timeout: 600_000 }, async () => {
    const [verified] = await verifyPlans(tiny, exact.result, 1);
    expect(verified?.agrees).toBe(true);
  });

  it('limits the other resources', async () => {
    const { result } = await explore(tiny, {
      ...{ ...options, board: 'arty-a7-100', targetFps: undefined },
      limits: { dsp: 40, lut: 5000, latencyMs: 0.05 },
    });
    const { need, latencyMs } = result.answer?.evaluation ?? {};
    expect(need?.dsp).toBeLessThanOrEqual(40);
    expect(need?.lut).toBeLessThanOrEqual(5000);
    expect(latencyMs).toBeLessThanOrEqual(0.05);
  });
});
