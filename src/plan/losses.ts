import type { Wait } from './cycles.ts';
import type { CycleParts, CycleShare, Occupancy } from './occupancy.ts';
import type { Unit } from './program.ts';

/** Where cycles of the array go that are not useful; see `CycleParts`. */
export type Cause = Exclude<keyof CycleParts, 'useful' | 'waiting'> | `waitFor${Capitalize<Wait>}`;

/** All causes, those of the array's shape first. */
export const causes: readonly Cause[] = [
  ...(['padding', 'shortPasses', 'firstTiles', 'weights', 'fetch'] as const),
  ...(['waitForMatmul', 'waitForLayerNorm', 'waitForSoftmax', 'waitForMeanPool'] as const),
  ...(['waitForInput', 'waitForResult', 'waitForProducts'] as const),
];

/** What a cause is called in print. */
export const causeNames: Readonly<Record<Cause, string>> = {
  padding: 'edges of tiles',
  shortPasses: 'passes shorter than a load or the pipeline',
  firstTiles: 'first tile of an operation',
  weights: 'weights from external memory',
  fetch: 'fetching instructions',
  waitForMatmul: 'waiting for the tile loader',
  waitForLayerNorm: 'waiting for LayerNorm',
  waitForSoftmax: 'waiting for softmax',
  waitForMeanPool: 'waiting for the mean over the tokens',
  waitForInput: 'waiting for the input',
  waitForResult: 'waiting for the result to be taken',
  waitForProducts: 'waiting for products to be written',
};

/** Cycles by cause; causes without any are left out. */
export type Lost = Readonly<Partial<Record<Cause, number>>>;

/** The cycles of a layer: those in which all multipliers would do its products, and the rest. */
export interface LayerLosses {
  readonly name: string;
  readonly cycles: number;
  readonly products: number;
  readonly useful: number;
  readonly lost: Lost;
}

export interface OperationLosses extends LayerLosses {
  readonly unit: Unit;
  readonly layer: string;
}

/** An occupancy as it is written down: what is zero is left out. */
export interface LossReport {
  readonly perFrame: number;
  readonly useful: number;
  readonly lost: Lost;
  readonly layers: readonly LayerLosses[];
  readonly operations: readonly OperationLosses[];
}

export function lossReport({ layers, operations, ...whole }: Occupancy): LossReport {
  return {
    perFrame: whole.perFrame,
    useful: whole.useful,
    lost: lostBy(whole),
    layers: layers.map(lossesOf),
    operations: operations
      .filter(({ cycles }) => cycles > 0)
      .map((share) => ({ ...lossesOf(share), unit: share.unit, layer: share.layer })),
  };
}

function lossesOf({ name, cycles, products, useful, ...parts }: CycleShare): LayerLosses {
  return { name, cycles, products, useful, lost: lostBy({ useful, ...parts }) };
}

/** The cycles of each cause that has any. */
export function lostBy({ waiting, ...parts }: CycleParts): Lost {
  const cycles: Record<Cause, number> = {
    padding: parts.padding,
    shortPasses: parts.shortPasses,
    firstTiles: parts.firstTiles,
    weights: parts.weights,
    fetch: parts.fetch,
    waitForMatmul: waiting.matmul,
    waitForLayerNorm: waiting.layerNorm,
    waitForSoftmax: waiting.softmax,
    waitForMeanPool: waiting.meanPool,
    waitForInput: waiting.input,
    waitForResult: waiting.result,
    waitForProducts: waiting.products,
  };
  return Object.fromEntries(causes.map((c) => [c, cycles[c]]).filter(([, n]) => n !== 0));
}
