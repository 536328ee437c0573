import type { Board } from '../boards/index.ts';
import { type EngineMemory, engineMemories } from './memory-list.ts';
import {
  type Fit,
  fitPrimitive,
  type MemoryPrimitive,
  memoryPrimitives,
  type RamStyle,
} from './memory-primitives.ts';
import { type Segments, segmentedFit } from './memory-segments.ts';
import type { EngineParameters } from './parameters.ts';

/** A memory of the engine and the primitives that it is made of. */
export interface MappedMemory extends EngineMemory {
  /** `RAMB36`, or `LUT` for contents that become logic. */
  readonly primitive: string;
  /** Words and bits of a primitive; null for logic. */
  readonly shape: readonly [words: number, bits: number] | null;
  /** Primitives in all. */
  readonly count: number;
  /** For the attribute `ram_style`; `auto` leaves the choice to the tool. */
  readonly style: RamStyle;
  /** How `vt_ram` cuts its banks; null where it does not. */
  readonly segments: Pick<Segments, 'words' | 'bits'> | null;
  /** Bits that the engine uses. */
  readonly bits: number;
  /** Of the bits of its primitives, 0..1; null for logic. */
  readonly used: number | null;
  /** Contents that are logic, and multiplexers behind deep memories. */
  readonly lut: number;
  /** LUTs that are memory. */
  readonly lutram: number;
  /** Registers of the words that are read from LUTs. */
  readonly ff: number;
  /** Block RAM in units of 36 kbit. */
  readonly bram36: number;
  readonly uram: number;
}

export interface MemoryMap {
  readonly memories: readonly MappedMemory[];
  readonly lut: number;
  readonly lutram: number;
  readonly ff: number;
  readonly bram36: number;
  readonly uram: number;
  readonly bits: number;
}

/** Bits of contents that a LUT holds. */
const LUT_BITS = 64;
/** Multiplexers behind them. */
const LUT_ROM_OVERHEAD = 1.3;
/** Share of either kind of block that a plan may take; the rest is for placement and the user. */
const BUDGET = 0.8;
/** UltraRAM of which less is used is taken only when there is not enough block RAM. */
const WELL_USED = 0.25;

/**
 * Maps every memory of an engine to primitives of the board: the cheapest of LUTs and block RAM
 * first. From block RAM to UltraRAM goes what fills it well, as long as a larger share of the block
 * RAM is taken, and what is too much for the block RAM. UltraRAM starts empty, so what has contents
 * never lies in it.
 */
export function memoryMap(p: EngineParameters, board: Board): MemoryMap {
  return memoryMapper(board).map(p);
}

/** Cells that some memories take together. */
export type MemoryCells = Omit<MemoryMap, 'memories'>;

/** Maps the memories of many engines on one board, and remembers what memories of a size are made of. */
export interface MemoryMapper {
  map(p: EngineParameters): MemoryMap;
  /** The sums of the map alone. */
  cells(p: EngineParameters): MemoryCells;
}

/** Whether the tools of a board are told where memories lie. */
export function isStyledFamily({ family }: Pick<Board, 'family'>): boolean {
  return family === 'xcup' || family === 'xc7';
}

/** @param isStyled whether the RTL says where its memories lie, and cuts those that are deep */
export function memoryMapper(board: Board, isStyled = isStyledFamily(board)): MemoryMapper {
  const primitives = memoryPrimitives(board);
  const small = primitives.filter(({ style }) => style !== 'ultra');
  const ultra = primitives.find(({ style }) => style === 'ultra');
  const fits = new Map<number, Fit | null>();
  const fitOf = (memory: EngineMemory) => {
    const key = sizeKey(memory);
    const known = fits.get(key);
    if (known !== undefined) return known;
    const best = bestFit(memory, small);
    const made = best && isStyled ? cutWhereCheaper(memory, best, small) : best;
    fits.set(key, made);
    return made;
  };
  const map = (p: EngineParameters): MemoryMap => {
    const memories = engineMemories(p).map((memory) => mapped(memory, fitOf(memory), isStyled));
    const placed = ultra
      ? toUltra(memories, board, (memory) =>
          mapped(memory, fitPrimitive(ultra, memory.depth, memory.width, false), true),
        )
      : memories;
    return { memories: placed, ...sumOf(placed) };
  };
  return {
    map,
    cells: (p) =>
      ultra ? map(p) : sumOf(engineMemories(p).map((memory) => cellsOf(memory, fitOf(memory)))),
  };
}

const FIXED = [null, 'distributed', 'block'] as const;

/** Equal for memories that the same primitives are best for: depth, width, and five bits. */
function sizeKey({ depth, width, constant, readers, fixed, planned }: EngineMemory): number {
  const kind = 4 * FIXED.indexOf(fixed) + (constant ? 2 : 0) + (readers - 1);
  return (depth * 2 ** 16 + width) * 32 + (planned ? 16 : 0) + kind;
}

function sumOf(cells: readonly MemoryCells[]): MemoryCells {
  const sum = { lut: 0, lutram: 0, ff: 0, bram36: 0, uram: 0, bits: 0 };
  for (const one of cells) {
    sum.lut += one.lut;
    sum.lutram += one.lutram;
    sum.ff += one.ff;
    sum.bram36 += one.bram36;
    sum.uram += one.uram;
    sum.bits += one.bits;
  }
  return sum;
}

/** The cheapest primitives for a memory that is not in UltraRAM; null where contents become logic. */
function bestFit(memory: EngineMemory, primitives: readonly MemoryPrimitive[]): Fit | null {
  const { depth, width, constant, readers, fixed } = memory;
  const isBlock = ({ style }: MemoryPrimitive) => style === 'block';
  // A device without memory in LUTs has it in blocks.
  const allowed = primitives.filter(({ style }) => fixed === null || style === fixed);
  const fits = (allowed.length > 0 ? allowed : primitives)
    .filter((one) => isBlock(one) || !constant)
    .map((one) => fitPrimitive(readers === 2 ? twoReaders(one) : one, depth, width, constant));
  const best = cheapest(fits);
  if (!constant || fixed !== null) return best;
  // Yosys counts a bit of contents as 1/64, a block of 18 kbit as 129.
  return (depth * width) / LUT_BITS < 2 * best.cost ? null : best;
}

/** Rows of blocks from which on a multiplexer takes several LUTs a bit. */
const DEEP = 4;

/** The same memory in segments, where they take less than the multiplexer behind its rows. */
function cutWhereCheaper(
  memory: EngineMemory,
  fit: Fit,
  primitives: readonly MemoryPrimitive[],
): Fit {
  const { style, cost } = fit.primitive;
  if (!memory.planned || style !== 'block' || fit.deep < DEEP) return fit;
  const cut = segmentedFit(primitives, memory.depth, memory.width);
  return cut && cut.cost < fit.count * cost + multiplexers(memory, fit) ? cut : fit;
}

/** A block with two ports of its own has half the width. */
function twoReaders(primitive: MemoryPrimitive): MemoryPrimitive {
  const widest = Math.max(...primitive.shapes.map(([, bits]) => bits));
  const shapes = primitive.shapes.filter(([, bits]) => bits < widest);
  return { ...primitive, shapes };
}

function cheapest(fits: readonly Fit[]): Fit {
  return fits.reduce((best, fit) => (fit.cost < best.cost ? fit : best));
}

function mapped(memory: EngineMemory, fit: Fit | null, isStyled: boolean): MappedMemory {
  const cells = cellsOf(memory, fit);
  if (!fit) {
    const logic = { primitive: 'LUT', shape: null, count: cells.lut, style: 'auto', used: null };
    const made = { ...logic, segments: null };
    return { ...memory, ...cells, ...(made as Pick<MappedMemory, keyof typeof made>) };
  }
  const { primitive, shape } = fit;
  const count = fit.count * memory.banks * memory.copies;
  return {
    ...memory,
    ...cells,
    ...{ primitive: primitive.name, shape, count },
    style: memory.planned && isStyled ? primitive.style : 'auto',
    segments: fit.segments ? { words: fit.segments.words, bits: fit.segments.bits } : null,
    used: cells.bits / (count * primitive.bits),
  };
}

/** What a memory takes of the primitives that it is made of; null: its contents are logic. */
function cellsOf(memory: EngineMemory, fit: Fit | null): MemoryCells {
  const { depth, width, banks, copies } = memory;
  const times = banks * copies;
  const bits = depth * width * times;
  if (!fit) {
    const lut = Math.ceil((LUT_ROM_OVERHEAD * bits) / LUT_BITS);
    return { lut, lutram: 0, ff: width * times, bram36: 0, uram: 0, bits };
  }
  const { style, luts, bits: own } = fit.primitive;
  const count = fit.count * times;
  if (fit.segments) return { ...segmentCells(fit, fit.segments, times), bits };
  return {
    lut: times * multiplexers(memory, fit),
    lutram: count * luts,
    ff: style === 'distributed' ? width * times : 0,
    bram36: style === 'block' ? (count * own) / 36864 : 0,
    uram: style === 'ultra' ? count : 0,
    bits,
  };
}

function segmentCells({ primitive, count }: Fit, { rest, luts }: Segments, times: number) {
  const inRest = rest ? rest.count * rest.primitive.bits : 0;
  const bram36 = (times * (count * primitive.bits + inRest)) / 36864;
  return { lut: times * luts, lutram: 0, ff: 0, bram36, uram: 0 };
}

/**
 * LUTs for each bit behind so many rows of blocks, of which an address chooses one, as Yosys 0.55
 * makes them: it prefers several small LUTs to a large one, and mappings of 7 to 9 rows share more.
 * Measured with single memories; in between they are interpolated.
 */
const ROW_LUTS: readonly (readonly [rows: number, luts: number])[] = [
  [1, 0],
  [3, 1.05],
  [4, 2.8],
  [5, 4.1],
  [7, 3.25],
  [9, 3.5],
  [13, 5.2],
  [23, 12.5],
];

/** LUTs behind the rows of blocks of a deep memory. */
function multiplexers({ width }: EngineMemory, { primitive, deep }: Fit): number {
  if (primitive.style !== 'block' || deep === 1) return 0;
  const found = ROW_LUTS.findIndex(([rows]) => rows >= deep);
  const above = found < 0 ? ROW_LUTS.length - 1 : found;
  const [rows0, luts0] = ROW_LUTS[above - 1] as readonly [number, number];
  const [rows1, luts1] = ROW_LUTS[above] as readonly [number, number];
  return Math.round(width * (luts0 + ((deep - rows0) * (luts1 - luts0)) / (rows1 - rows0)));
}

function toUltra(
  memories: readonly MappedMemory[],
  { resources }: Board,
  ultra: (memory: EngineMemory) => MappedMemory,
): MappedMemory[] {
  const result = [...memories];
  const saving = ({ bram36 }: MappedMemory, { uram }: MappedMemory) => bram36 / uram;
  const candidates = memories
    .map((memory, index) => ({ memory, index, other: ultra(memory) }))
    .filter(({ memory }) => memory.planned && memory.bram36 > 0)
    .sort((a, b) => saving(b.memory, b.other) - saving(a.memory, a.other));
  let bram36 = memories.reduce((sum, m) => sum + m.bram36, 0);
  let uram = 0;
  for (const { memory, index, other } of candidates) {
    const ultraShare = (uram + other.uram) / resources.uram;
    const blockShare = bram36 / resources.bram36;
    const pays = (other.used ?? 0) >= WELL_USED && ultraShare < blockShare;
    if (ultraShare > BUDGET || !(pays || blockShare > BUDGET)) continue;
    result[index] = other;
    uram += other.uram;
    bram36 -= memory.bram36;
  }
  return result;
}
