import { describe, expect, it } from 'vitest';
import { type Board, loadBoard } from '../../src/boards/index.ts';
import { otherBits } from '../../src/explore/alternatives.ts';
import { graphSource, type PreparedGraph } from '../../src/explore/graphs/prepare.ts';
import { bitsOfDesign } from '../../src/explore/plan-file/index.ts';
import { createPool } from '../../src/explore/search/pool.ts';
import { createSettler } from '../../src/explore/search/search.ts';
import { createSession, type SearchSetting } from '../../src/explore/session.ts';
import { designOf } from './graphs.ts';

const nothing = { read: () => undefined, write: () => {} };
const design = designOf('shallow');
const own = bitsOfDesign(design);
if (!own) throw new Error('no bits');
const poolOf = (graphs: readonly PreparedGraph[]) =>
  createPool(
    graphs.map(({ checked }) => checked),
    'test',
    nothing,
    1,
  );

/** Few LUTs and no external memory: products of few bits are small, and few tiles fit. */
const base = loadBoard('ulx3s-85f', '.');
const board: Board = { ...base, resources: { ...base.resources, lut: 12_000, dsp: 30 } };

function settingAt(weights: number, activations: number, targetFps?: number): SearchSetting {
  const bits = { ...own, layers: null, weights, activations } as NonNullable<typeof own>;
  const { graphs } = graphSource(design, '.', nothing).prepare([bits]);
  const options = { targetFps, workers: 1 };
  return { design, board, boardName: board.name, graphs, pool: poolOf(graphs), options };
}

async function rateAt(weights: number, activations: number): Promise<number> {
  const setting = settingAt(weights, activations);
  const session = createSession(setting);
  const { rows } = await session.run();
  const row = await session.answer(createSettler(setting.pool, board, rows, session.limits));
  return row ? session.explored(row).evaluation.framesPerSecond : 0;
}

describe('bits that would do where a target is out of reach', { timeout: 120_000 }, () => {
  const others = { source: graphSource(design, '.', nothing), pool: poolOf };

  it('are the most precise that reach it, on the same board', async () => {
    const [wide, narrow] = [await rateAt(8, 8), await rateAt(2, 2)];
    expect(narrow).toBeGreaterThan(wide);
    const target = (wide + narrow) / 2;
    const [found, ...more] = await otherBits(settingAt(8, 8, target), others);
    expect(more).toEqual([]);
    expect(found?.kind).toBe('precision');
    expect(found?.plan.point.board).toBe(board.name);
    expect(found?.plan.evaluation.framesPerSecond).toBeGreaterThanOrEqual(target);
    expect(found?.plan.evaluation.fits).toBe(true);
  });

  it('are none where the narrowest do not', async () => {
    expect(await otherBits(settingAt(8, 8, 1e9), others)).toEqual([]);
  });
});
