import type { Board } from '../boards/index.ts';
import { multiplierKinds } from '../dsl/design.ts';
import { productsPerCycle } from '../plan/index.ts';
import { type Budget, bindingOf } from './binding.ts';
import type { Row } from './search/task.ts';
import type { ExploredPlan, PlanBits } from './types.ts';

/** What a row of the search leaves out because all rows share it. */
export interface RowContext {
  readonly board: Board;
  readonly budget: Budget;
  /** As a plan file names it. */
  readonly boardName: string;
  readonly bits: readonly (PlanBits | null)[];
  /** Useful products of a frame. */
  readonly products: number;
}

/** A row as a plan with its figures, at a clock. */
export function exploredPlan(row: Row, clockMHz: number, context: RowContext): ExploredPlan {
  const { tile, multipliers, place, estimate, cyclesPerFrame, latencyCycles } = row;
  const { budget, boardName, bits, products } = context;
  const { lut, ff, dsp, bram36, uram, memoryBits } = estimate;
  const binding = bindingOf(estimate, budget);
  return {
    point: {
      board: boardName,
      clockMHz,
      bits: bitsInTile(bits[row.graph] ?? null, tile.outputs),
      tile: {
        tokens: tile.tokens,
        inputs: tile.inputs,
        outputs: tile.outputs,
        vector: tile.vector,
      },
      multipliers: multiplierKinds[multipliers.style] ?? 'single',
      lutOutputs: multipliers.lutOutputs,
      lutOperands: multipliers.lutBits === undefined ? 'all' : 'weights',
      primitives: multipliers.cell === 1,
      weights: place === 'onChip' ? 'onChip' : 'external',
      weightBus: place === 'onChip' ? null : place.axiBits,
    },
    evaluation: {
      cyclesPerFrame,
      latencyCycles,
      framesPerSecond: (clockMHz * 1e6) / cyclesPerFrame,
      latencyMs: latencyCycles / (clockMHz * 1e3),
      utilization: products / (productsPerCycle(tile) * cyclesPerFrame),
      need: { lut, ff, dsp, bram36, uram },
      memoryBits,
      weightBytes: row.weightBytes,
      fits: binding.share <= 1,
      binding,
      accuracy: null,
    },
  };
}

/** Bits whose rows of another kind are counted by the outputs of a tile. */
function bitsInTile(bits: PlanBits | null, outputs: number): PlanBits | null {
  if (!bits?.rows) return bits;
  const { rows } = bits;
  return { ...bits, rows: { ...rows, outputs: (rows.outputs * outputs) / rows.of, of: outputs } };
}

/** The shares of the board's resources together: what a plan that is fast enough takes little of. */
export function shareOf({ estimate }: Row, { resources, lutInputs, memoryBits }: Board): number {
  const share = (need: number, has: number) => (has === 0 ? 0 : need / has);
  return (
    share(estimate.lut, resources.lut) +
    share(estimate.dsp, resources.dsp) +
    share(estimate.uram, resources.uram) +
    (lutInputs === 6
      ? share(estimate.bram36, resources.bram36)
      : share(estimate.memoryBits, memoryBits))
  );
}
