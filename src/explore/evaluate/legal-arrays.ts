import type { Board } from '../../boards/index.ts';
import type { CheckedGraph } from '../../check/index.ts';
import type { Target } from '../../dsl/design.ts';
import type { IntegerGraph } from '../../ir/index.ts';
import {
  type EngineShape,
  legalMultipliers,
  type Multipliers,
  operandBits,
} from '../../plan/index.ts';
import { rowsInTile } from './row-share.ts';

/** What arrays are wanted. */
export interface AskedArrays {
  readonly primitives: boolean;
  /** So many outputs on LUTs; undefined: any number. */
  readonly lutOutputs?: number | undefined;
  /** What these multiply; undefined: either, weights alone where those have fewer bits. */
  readonly lutOperands?: Target['lutOperands'];
}

/**
 * The multipliers of a tile that a search tries. With rows of another kind they are those whose
 * outputs on LUTs multiply these rows and nothing else. Without, outputs for weights alone are tried
 * where they are cheaper than outputs for all operands, and leave a quarter of the tile to keys.
 */
export function legalArrays(
  checked: CheckedGraph,
  tile: EngineShape,
  board: Board,
  asked: AskedArrays,
): readonly Multipliers[] {
  const graph = rowsInTile(checked, tile.outputs)?.graph;
  if (!graph) return [];
  const { primitives, lutOutputs, lutOperands } = asked;
  const legal = (own: Pick<Target, 'lutOutputs' | 'lutOperands'>) =>
    legalMultipliers(graph, { ...tile, vector: 1 }, board, { primitives, ...own }).filter(
      ({ cell, lutOutputs: onLuts, lutBits }) =>
        (cell === 1) === primitives &&
        onLuts === (own.lutOutputs ?? onLuts) &&
        (lutBits !== undefined) === (own.lutOperands === 'weights'),
    );
  if (graph.rows) {
    const { outputs } = graph.rows;
    const isAsked = lutOperands !== 'all' && outputs === (lutOutputs ?? outputs);
    return isAsked ? legal({ lutOutputs: outputs, lutOperands: 'weights' }) : [];
  }
  if (lutOperands) return legal({ lutOutputs, lutOperands });
  const forWeights = hasNarrowerWeights(graph)
    ? legal({ lutOutputs, lutOperands: 'weights' }).filter((one) => keepsKeys(tile, one))
    : [];
  return [...legal({ lutOutputs, lutOperands: 'all' }), ...forWeights];
}

/** Whether a quarter of the outputs, at least, are left to keys. */
export function keepsKeys(
  { outputs }: Pick<EngineShape, 'outputs'>,
  { lutOutputs }: Pick<Multipliers, 'lutOutputs'>,
): boolean {
  return 4 * lutOutputs <= 3 * outputs;
}

/** Whether weights have fewer bits than what the array multiplies else. */
function hasNarrowerWeights(graph: IntegerGraph): boolean {
  const { W_BITS, B_BITS } = operandBits(graph);
  return W_BITS < B_BITS;
}
