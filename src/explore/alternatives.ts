import { knownBoards, loadBoard } from '../boards/index.ts';
import type { GraphSource, PreparedGraph } from './graphs/prepare.ts';
import { bitsOfDesign } from './plan-file/index.ts';
import type { TaskPool } from './search/pool.ts';
import { createSettler } from './search/search.ts';
import { createSession, type SearchSetting } from './session.ts';
import { bitsName, precisionOf, USUAL_BITS } from './space.ts';
import type { Alternative, ExploredPlan, PlanBits } from './types.ts';

const MOST_BOARDS = 3;

/** The boards that reach a target, those with the fewest LUTs first. */
export async function otherBoards(setting: SearchSetting): Promise<readonly Alternative[]> {
  const { board, design, options } = setting;
  const others = knownBoards()
    .filter((name) => name !== board.name)
    .map((name) => loadBoard(name, '.'))
    .sort((a, b) => a.resources.lut - b.resources.lut);
  const found: Alternative[] = [];
  for (const other of others) {
    const there = {
      ...setting,
      ...{ board: other, boardName: other.name, options: { ...options, onProgress: undefined } },
      design: { ...design, target: { ...design.target, board: '', clockMHz: undefined } },
    };
    const plan = await reaching(there);
    if (plan) found.push({ kind: 'board', plan });
    if (found.length === MOST_BOARDS) break;
  }
  return found;
}

/** Bits beyond the usual ones. */
const FEWER_BITS: readonly (readonly [weights: number, activations: number])[] = [
  [2, 3],
  [2, 2],
];

/** What `otherBits` needs beside a setting. */
export interface OtherBits {
  readonly source: GraphSource;
  /** A pool for other graphs; it is closed in the end. */
  pool(graphs: readonly PreparedGraph[]): TaskPool;
}

/**
 * The most precise of the usual bits, and of fewer, that were not searched and reach a target on the
 * same board. Where the narrowest of all does not, none is looked for.
 */
export async function otherBits(
  setting: SearchSetting,
  { source, pool }: OtherBits,
): Promise<readonly Alternative[]> {
  const { design, graphs } = setting;
  const own = bitsOfDesign(design);
  if (!own) return [];
  const tried = new Set(graphs.map(({ bits }) => bitsName(bits)));
  const untried = [...USUAL_BITS, ...FEWER_BITS]
    .map(([weights, activations]): PlanBits => {
      return { ...own, rows: null, layers: null, weights, activations };
    })
    .filter((bits) => !tried.has(bitsName(bits)))
    .sort((a, b) => precisionOf(b) - precisionOf(a));
  const at = async (bits: PlanBits): Promise<ExploredPlan | null> => {
    const prepared = source.prepare([bits]).graphs;
    if (prepared.length === 0) return null;
    const own = pool(prepared);
    try {
      const options = { ...setting.options, onProgress: undefined };
      return await reaching({ ...setting, options, graphs: prepared, pool: own });
    } finally {
      await own.close();
    }
  };
  const narrowest = untried.at(-1);
  const last = narrowest && (await at(narrowest));
  if (!last) return [];
  for (const bits of untried.slice(0, -1)) {
    const plan = await at(bits);
    if (plan) return [{ kind: 'precision', plan }];
  }
  return [{ kind: 'precision', plan: last }];
}

/** The plan of a setting that reaches its target; null where none does. */
async function reaching(setting: SearchSetting): Promise<ExploredPlan | null> {
  const session = createSession(setting);
  const { rows } = await session.run(false);
  const settler = createSettler(setting.pool, setting.board, rows, session.limits);
  const row = await session.answer(settler);
  return row && session.reaches(row) ? session.explored(row) : null;
}
