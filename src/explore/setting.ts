import { isAbsolute, relative, resolve, sep } from 'node:path';
import { type Board, loadBoard } from '../boards/index.ts';
import { multiplierKinds, type Target } from '../dsl/design.ts';
import type { AnyDesign } from '../dsl/load.ts';
import { isByLayer } from './layers/check-allocator.ts';
import type { ExploreOptions } from './options.ts';
import { bitsOfDesign } from './plan-file/index.ts';
import { lowestTerms, ROW_SHARES, type RowKind } from './row-kinds.ts';
import {
  BUSES,
  bitsName,
  hasExternalMemory,
  precisionOf,
  type SpaceOptions,
  USUAL_BITS,
} from './space.ts';
import type { PlanBits, WeightBus } from './types.ts';

/** The board, and its name as a plan file has it: relative to the folder of the design. */
export function boardOf(design: AnyDesign, folder: string, given: string | undefined) {
  if (given === undefined) {
    const { board: boardName } = design.target;
    return { board: loadBoard(boardName, folder, design.places['target.board']), boardName };
  }
  if (!given.endsWith('.json') && !given.includes('/')) {
    return { board: loadBoard(given, folder), boardName: given };
  }
  const path = isAbsolute(given) ? given : resolve(given);
  const fromDesign = relative(folder, path).split(sep).join('/');
  const boardName = fromDesign.includes('/') ? fromDesign : `./${fromDesign}`;
  return { board: loadBoard(boardName, folder), boardName };
}

/**
 * The bits to search over, the most precise first. An allocator of VAQF's kind leaves the weights as
 * they are; one that chooses layer by layer also asks what the narrowest weights would allow.
 */
export function candidateBits(
  design: AnyDesign,
  options: Pick<ExploreOptions, 'bits' | 'rows' | 'allocator' | 'splits'>,
): readonly (PlanBits | null)[] {
  const { bits: given, allocator } = options;
  const own = bitsOfDesign(design);
  if (!own) return [null];
  const usual = USUAL_BITS.map(([weights, activations]) => ({ weights, activations }));
  if (allocator === 'vaqf') {
    const widths = given?.map(({ activations }) => activations) ?? [8, 7, 6, 5, 4, 3, 2];
    return sorted(widths.map((activations) => ({ ...own, activations })));
  }
  const asked = (given ?? usual).map((bits) => ({ ...own, rows: null, layers: null, ...bits }));
  // Of equal names the last is kept: the design's own bits have those of single layers.
  const all = [...asked, ...(given ? [] : [own])];
  if (allocator === undefined || allocator === 'uniform') {
    return sorted([...withRows(asked, design, options), ...all]);
  }
  const widths = given ? given.map(({ activations }) => activations) : [own.activations];
  const narrow = widths.map((activations) => ({
    ...{ ...own, rows: null, layers: null, weights: NARROWEST, activations },
  }));
  return sorted([...all, ...narrow]);
}

/** Rows of fewer bits that are tried where the user names neither them nor bits. */
const USUAL_ROWS: readonly RowKind[] = [{ kind: 'fixed', bits: 4 }];
/** Those beside which they are. */
const ROWS_BESIDE = 8;

/** Every bits with some rows of another kind, in each share, where such rows have fewer bits. */
function withRows(
  all: readonly PlanBits[],
  { target }: AnyDesign,
  { bits, rows: given, splits }: Pick<ExploreOptions, 'bits' | 'rows' | 'splits'>,
): readonly PlanBits[] {
  const { lutOutputs, lutOperands, multipliers } = target;
  const none =
    splits === false || lutOutputs === 0 || lutOperands === 'all' || multipliers === 'lut';
  if (none) return [];
  const kinds = given ?? (bits ? [] : USUAL_ROWS);
  const beside = given ? all : all.filter(({ weights }) => weights === ROWS_BESIDE);
  return beside.flatMap((one) =>
    kinds
      .filter((kind) => kind.bits < one.weights)
      .flatMap((kind) =>
        ROW_SHARES.map(([outputs, of]) => ({ ...one, rows: { ...kind, outputs, of } })),
      ),
  );
}

/** Bits of weights that layers have at least. */
export const NARROWEST = 2;

function sorted(all: readonly PlanBits[]): readonly PlanBits[] {
  const shared = all.map((bits) => ({ ...bits, rows: bits.rows && lowestTerms(bits.rows) }));
  const unique = new Map(shared.map((bits) => [bitsName(bits), bits]));
  return [...unique.values()].sort((a, b) => precisionOf(b) - precisionOf(a));
}

/** What is left open by the design's target and the options. */
export function spaceOf(
  target: Target,
  board: Board,
  options: ExploreOptions,
  own: boolean,
): SpaceOptions {
  const { weights, weightBus, multipliers, primitives, lutOutputs, lutOperands, clockMHz } = target;
  const external = weights !== 'onChip' && (weights === 'external' || hasExternalMemory(board));
  const buses = options.buses ?? (weightBus ? [weightBus] : BUSES);
  const clock = own ? (clockMHz ?? board.defaultClockMHz) : board.defaultClockMHz;
  const clocksMHz = options.clocksMHz ?? [clock];
  // Cycles count on a memory that gives a beat in every cycle.
  const bytes = board.externalMemory?.bytesPerSecond ?? Number.POSITIVE_INFINITY;
  const isKept = (bus: WeightBus) => (bus / 8) * Math.max(...clocksMHz) * 1e6 <= bytes;
  return {
    clocksMHz,
    multipliers: options.multipliers ?? (multipliers ? [multipliers] : multiplierKinds),
    primitives: primitives === undefined ? [false, true] : [primitives],
    lutOutputs: options.splits === false ? 0 : (lutOutputs ?? null),
    // Layers may get more bits than the outputs on LUTs would multiply.
    lutOperands: isByLayer(options.allocator ?? 'uniform') ? 'all' : (lutOperands ?? null),
    onChip: weights !== 'external',
    buses: external ? buses.filter(isKept) : [],
  };
}
