import type { Model } from '../../model/index.ts';
import { weightCounts } from '../accuracy/index.ts';
import type { Budget } from '../binding.ts';
import { leastOf } from '../choose.ts';
import type { PreparedGraph } from '../graphs/prepare.ts';
import type { Row } from '../search/task.ts';
import type { Limits } from '../types.ts';

/** An engine whose weights lie on chip, and how many bits of them it has room for. */
export interface RoomyEngine {
  readonly row: Row;
  readonly roomBits: number;
}

const BLOCK_BITS = 36 * 1024;

/**
 * Of the rows that are fast enough, with weights on chip and at the most activations that there are,
 * the one that leaves most memory to the weights. Its array multiplies as wide as the activations
 * are, so that weights of up to as many bits change nothing but the memory.
 *
 * @param isEnough whether a row is fast enough
 */
export function roomiestEngine(
  rows: readonly Row[],
  isEnough: (row: Row) => boolean,
  graphs: readonly PreparedGraph[],
  model: Model,
  budget: Budget,
  limits: Limits = {},
): RoomyEngine | null {
  const bitsOf = ({ graph }: Row) => graphs[graph]?.bits;
  const onChip = rows.filter((row) => {
    const bits = bitsOf(row);
    return row.place === 'onChip' && row.exact && bits && bits.weights <= bits.activations;
  });
  const enough = onChip.filter(isEnough);
  const most = Math.max(...enough.map((row) => bitsOf(row)?.activations ?? 0));
  const candidates = enough.filter((row) => bitsOf(row)?.activations === most);
  const count = [...weightCounts(model).values()].reduce((sum, n) => sum + n, 0);
  const roomOf = (row: Row) => {
    const taken = count * (bitsOf(row)?.weights ?? 0);
    const { bram36, memoryBits } = row.estimate;
    const left = Number.isFinite(budget.memory)
      ? budget.memory - memoryBits
      : (budget.bram36 - bram36) * BLOCK_BITS;
    return taken + left;
  };
  const row = leastOf(candidates, (one) => -roomOf(one));
  const allowed = 1024 * (limits.weightKbit ?? Number.POSITIVE_INFINITY);
  return row && { row, roomBits: Math.min(roomOf(row), allowed) };
}
