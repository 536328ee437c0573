import type { Board } from '../boards/index.ts';
import { GROUP_CODE_BITS } from '../ir/index.ts';
import { type ArrayStyle, dotBits } from './array.ts';
import { arrayCost } from './array-cost.ts';
import { addressBits } from './engine.ts';
import { isStyledFamily, type MemoryCells, memoryMapper } from './memory-map.ts';
import type { EngineParameters } from './parameters.ts';
import { type ModelledPart, modelledParts } from './resource-model/features.ts';
import { type Coefficients, modelCells } from './resource-model/model.ts';
import type { Operands } from './unit-needs.ts';

/** What the planner expects synthesis to use. An estimate: `vitrum synth` measures. */
export interface ResourceEstimate {
  readonly lut: number;
  readonly ff: number;
  readonly dsp: number;
  /** Blocks of 36 kbit; a block of 18 kbit is half of one. */
  readonly bram36: number;
  readonly uram: number;
  readonly memoryBits: number;
}

/** Resources of boards of other families are counted in blocks of UltraScale+, as synthesis does. */
const COUNTED_ON = { family: 'xcup', uram: 0, dspWidth: { a: 27, b: 18 } } as const;

/** A part of the engine and what it takes. */
export interface EnginePart {
  readonly name: 'array' | ModelledPart;
  /** Those that are memory or shift registers are among them. */
  readonly lut: number;
  readonly ff: number;
  readonly dsp: number;
  readonly bram36: number;
  readonly uram: number;
}

/** Adds up the parts. */
export function estimateResources(
  p: EngineParameters,
  board: Board,
  memories: MemoryNeed = memoryNeed(p, board),
): ResourceEstimate {
  const sum = { lut: 0, ff: 0, dsp: 0, bram36: 0, uram: 0 };
  for (const part of engineParts(p, board, memories)) {
    sum.lut += part.lut;
    sum.ff += part.ff;
    sum.dsp += part.dsp;
    sum.bram36 += part.bram36;
    sum.uram += part.uram;
  }
  return { ...sum, memoryBits: memories.bits };
}

/**
 * Array, units and memories, in whole cells. The array by formula (`arrayCost`), memories by their
 * map, multipliers by their operands, the rest by `modelCells`. Only the array depends on how it
 * multiplies.
 *
 * @param coefficients others than those of the project, where a fit is tried
 */
export function engineParts(
  p: EngineParameters,
  board: Board,
  memories: MemoryNeed = memoryNeed(p, board),
  coefficients?: Coefficients,
): readonly EnginePart[] {
  return [arrayPart(p, board), ...partsBeside(p, board, memories, coefficients)];
}

/** `engineParts` without the array. */
export function partsBeside(
  p: EngineParameters,
  board: Board,
  memories: MemoryNeed,
  coefficients?: Coefficients,
): readonly EnginePart[] {
  const hasDsp = board.resources.dsp > 0;
  const cells = modelCells(p, coefficients);
  const products = unitProducts(p, board);
  return modelledParts.map((name): EnginePart => {
    const count = products[name] ?? 0;
    const { lut, ff } = cells[name];
    const inMemories = name === 'memories' ? memories : NO_MEMORIES;
    const scale = name === 'accumulator' ? groupScale(p) : NO_CELLS;
    const soft = hasDsp ? 0 : MULTIPLIER_LUTS * count;
    return {
      name,
      lut: Math.round(lut) + soft + scale.lut + inMemories.lut + inMemories.lutram,
      ff: Math.round(ff) + scale.ff + inMemories.ff,
      dsp: hasDsp ? count : 0,
      bram36: inMemories.bram36,
      uram: inMemories.uram,
    };
  });
}

/** About the LUTs of a multiplier of the units where there are no DSPs. */
const MULTIPLIER_LUTS = 300;

/** `engineParts`' array: sides, operands and multipliers are all that it depends on. */
export function arrayPart(p: EngineParameters, board: Board): EnginePart {
  const hasDsp = board.resources.dsp > 0;
  const { lut, lutram, ff, dsp } = arrayCost({
    tokens: p.TP,
    inputs: p.TI,
    outputs: p.TO,
    aBits: p.A_BITS,
    bBits: p.B_BITS,
    style: p.STYLE as ArrayStyle,
    cell: p.CELL === 0 ? 0 : 1,
    lutOutputs: p.LUT_TO,
    ...(p.LUT_BITS > 0 && { lutBits: p.LUT_BITS, lutPowers: p.LUT_POWERS }),
  });
  // Without DSPs a product takes about a LUT for each pair of bits.
  const soft = hasDsp ? 0 : dsp * (p.A_BITS + 1) * p.B_BITS;
  const none = { bram36: 0, uram: 0 };
  return { name: 'array', lut: lut + lutram + soft, ff, dsp: hasDsp ? dsp : 0, ...none };
}

const NO_CELLS = { lut: 0, ff: 0 };

/**
 * `vt_group_scale` by formula, as Yosys makes it: a bit of a lane is an AND, an adder and a choice of
 * three. Registers of a tile's codes, of three addresses, and about eleven flags, whatever the latency
 * of the array: no part but the array depends on that.
 */
function groupScale(p: EngineParameters): { readonly lut: number; readonly ff: number } {
  const { GROUP_GROWTH, A_BITS: aBits, B_BITS: bBits, TI: inputs } = p;
  if (GROUP_GROWTH === 0) return NO_CELLS;
  const address = addressBits(p.depths.factors);
  const lane = 3 * dotBits({ inputs, aBits, bBits }) + GROUP_GROWTH - 1;
  return { lut: p.TP * p.TO * lane + address, ff: p.TO * GROUP_CODE_BITS + 3 * address + 11 };
}

/** Multipliers of the units, in DSPs. */
function unitProducts(
  p: EngineParameters,
  board: Board,
): Readonly<Partial<Record<ModelledPart, number>>> {
  const dsps = ([x, y]: Operands) => (board.resources.dsp > 0 ? dspsOf(x, y, board) : 1);
  const all = (products: readonly Operands[]) => products.reduce((n, one) => n + dsps(one), 0);
  const sums: readonly Operands[] = p.HAS_MULT ? [[p.SUM_BITS, 17]] : [];
  const skips = p.SKIP_PRODUCT ? [p.SKIP_PRODUCT] : [];
  return {
    epilogue: p.TP * p.TO * all([...sums, ...skips]),
    layerNorm: p.VL * all(p.NORM_PRODUCTS.lane) + all(p.NORM_PRODUCTS.unit),
    softmax: p.HAS_SOFTMAX ? p.VL : 0,
    meanPool: p.POOL_PRODUCT ? p.VL * dsps(p.POOL_PRODUCT) : 0,
  };
}

/** DSPs of a product. An operand wider than its port is cut: parts but the highest are unsigned. */
function dspsOf(x: number, y: number, board: Board): number {
  const { a, b } = countedOn(board).dspWidth;
  const cuts = (bits: number, port: number) => Math.max(1, Math.ceil((bits - 1) / (port - 1)));
  return Math.min(cuts(x, a) * cuts(y, b), cuts(y, a) * cuts(x, b));
}

/** What the memories of an engine take. */
export type MemoryNeed = MemoryCells;

export const NO_MEMORIES: MemoryNeed = {
  ...{ lut: 0, lutram: 0, ff: 0 },
  ...{ bram36: 0, uram: 0, bits: 0 },
};

/** The part of the estimate that does not depend on the multipliers. */
export function memoryNeed(p: EngineParameters, board: Board): MemoryNeed {
  return memoryNeeds(board)(p);
}

/** `memoryNeed` for many engines on a board. */
export function memoryNeeds(board: Board): (p: EngineParameters) => MemoryNeed {
  return memoryMapper(countedOn(board), isStyledFamily(board)).cells;
}

function countedOn(board: Board): Board {
  if (isStyledFamily(board)) return board;
  const { family, uram, dspWidth } = COUNTED_ON;
  return { ...board, family, dspWidth, resources: { ...board.resources, uram } };
}
