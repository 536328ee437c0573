import type { MultiplierKind } from '../dsl/design.ts';
import type { AllocatorName } from './allocate/names.ts';
import type { RowKind } from './row-kinds.ts';
import type { ExploredPlan, Limits, WeightBus } from './types.ts';

export interface ExploreOptions {
  /** Name of a board, or the path of a board file; the design's own when absent. */
  readonly board?: string | undefined;
  readonly targetFps?: number | undefined;
  /** Bits to search over; the design's own and the usual ones when absent. */
  readonly bits?: readonly { readonly weights: number; readonly activations: number }[] | undefined;
  /** Rows of fewer bits to try in part of the channels; fixed point of 4 bits beside weights of 8 when absent, unless `bits` are given. */
  readonly rows?: readonly RowKind[] | undefined;
  /** Clocks in MHz; the design's own, or the board's, when absent. */
  readonly clocksMHz?: readonly number[] | undefined;
  /** What a plan may take at most. */
  readonly limits?: Limits | undefined;
  /** How bits are chosen: the same in all layers unless given. */
  readonly allocator?: AllocatorName | undefined;
  /** Multipliers to search over; those of the design, or all, when absent. */
  readonly multipliers?: readonly MultiplierKind[] | undefined;
  /** Whether some outputs may be on LUTs while the others are on DSPs; true when absent. */
  readonly splits?: boolean | undefined;
  readonly buses?: readonly WeightBus[] | undefined;
  readonly workers?: number | undefined;
  /** Folder for results; that of all caches when absent. */
  readonly storeFolder?: string | undefined;
  /** Where the target is out of reach: whether other boards and bits are searched. */
  readonly alternatives?: boolean | undefined;
  /** Is told how far the search is, and of the best plan so far. */
  readonly onProgress?: ((share: number, best: ExploredPlan | undefined) => void) | undefined;
}
