import { join } from 'node:path';
import { type AnyDesign, loadAnyDesign } from '../dsl/load.ts';
import { type RunStep, stepper } from '../tools/index.ts';
import { keyOf, openStore, sourcesOf } from '../tools/store.ts';
import { cacheFolder } from '../verify/cache.ts';
import { otherBits, otherBoards } from './alternatives.ts';
import { checkRows } from './check-rows.ts';
import {
  type GraphSource,
  graphSource,
  type PreparedGraph,
  type RefusedBits,
} from './graphs/prepare.ts';
import { prepareShares } from './graphs/shares.ts';
import { allocateLayers, checkAllocator } from './layers/index.ts';
import type { ExploreOptions } from './options.ts';
import { createPool } from './search/pool.ts';
import { createSettler } from './search/search.ts';
import type { Row } from './search/task.ts';
import { createSession, type SearchSession, type SearchSetting } from './session.ts';
import { boardOf, candidateBits } from './setting.ts';
import { bitsName } from './space.ts';
import type { ExploreResult } from './types.ts';

export interface Explored {
  readonly result: ExploreResult;
  readonly design: AnyDesign;
  readonly folder: string;
  readonly refused: readonly RefusedBits[];
  /** The graphs of the search, without their weights. */
  readonly graphs: readonly PreparedGraph[];
  /** The calibration of the search, for whoever goes on from it; null for a design of integers. */
  readonly observations: GraphSource['observations'];
}

/** Steps that `explore` runs. */
export const exploreSteps = 4;

/**
 * Searches for plans of a design; docs/exploration.md. Throws `DiagnosticsError` for faults of the
 * design and of the board file.
 */
export async function explore(
  designPath: string,
  options: ExploreOptions = {},
  step: RunStep = stepper(exploreSteps),
): Promise<Explored> {
  const { design, folder } = await step('describe', () => loadAnyDesign(designPath));
  checkAllocator(design, options.allocator);
  const bits = candidateBits(design, options);
  checkRows(design, options, bits);
  const { board, boardName } = boardOf(design, folder, options.board);
  const store = openStore(join(options.storeFolder ?? cacheFolder(), 'explore'));
  const source = graphSource(design, folder, store);
  const prepared = await step(
    'quantize',
    () => prepareShares(source, bits),
    ({ graphs }) => graphs.map(({ bits }) => bitsName(bits)).join(' '),
  );
  const { graphs, fault } = prepared;
  if (graphs.length === 0 && fault) throw fault;
  const version = sourcesOf('plan', 'explore', 'boards');
  const poolOf = (some: readonly PreparedGraph[]) => {
    const checked = some.map((graph) => graph.checked);
    const key = keyOf(
      version,
      checked.map(({ graph, widths }) => [graph, widths]),
    );
    return createPool(checked, key, store, options.workers);
  };
  const pool = poolOf(graphs);
  const began = performance.now();
  try {
    const setting: SearchSetting = { design, board, boardName, graphs, pool, options };
    const session = createSession(setting);
    const found = await step('search', session.run, ({ counts }) => `${counts.evaluated} plans`);
    const settler = createSettler(pool, board, found.rows, session.limits);
    const { answer, front, layers } = await step('settle', async () => {
      const uniform = await session.answer(settler);
      const all = { ...setting, folder, source, session };
      return {
        answer: uniform,
        front: await settler.front(),
        layers: await allocateLayers(all, found.rows, uniform),
      };
    });
    const seconds = (performance.now() - began) / 1000;
    const own = layers?.answer;
    const reached = own !== undefined || session.reaches(answer);
    const wanted = !reached && options.alternatives !== false && options.targetFps !== undefined;
    const alternatives = wanted
      ? [...(await otherBits(setting, { source, pool: poolOf })), ...(await otherBoards(setting))]
      : [];
    const { work, fresh, late, ...counts } = found.counts;
    return {
      design,
      folder,
      refused: prepared.refused,
      graphs,
      observations: source.observations,
      result: {
        design: design.name,
        board,
        targetFps: options.targetFps ?? null,
        reached,
        nearest: found.nearest && session.explored(found.nearest),
        answer: own ?? (answer && answerOf(answer, session, source)),
        front: front.map(session.explored),
        allocation: layers?.report ?? null,
        alternatives,
        counts: {
          ...counts,
          unsettled: late + settler.unsettled(),
          seconds,
          workers: pool.workers,
          plansPerSecondAndCore: work > 0 ? fresh / work : null,
        },
      },
    };
  } finally {
    await pool.close();
  }
}

/**
 * The answer with its details. Rows of another kind were searched by their share; the channels that
 * they are in this tile say how wide constants are.
 */
function answerOf(
  row: Row,
  session: SearchSession,
  source: GraphSource,
): NonNullable<ExploreResult['answer']> {
  const { bits } = session.explored(row).point;
  const [whole] = bits?.rows ? source.prepare([bits]).graphs : [];
  return session.detailed(row, whole?.checked);
}
