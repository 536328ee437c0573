import type { Board } from '../../boards/index.ts';
import { type ArrayStyle, arrayFits } from '../../plan/array.ts';
import { arrayCost } from '../../plan/array-cost.ts';
import type { Machine } from './roofline.ts';

export interface BoardMachineOptions {
  readonly clockMHz?: number | undefined;
  /** Bits of the streamed codes and of the stationary operands. */
  readonly aBits: number;
  readonly bBits: number;
  /** Bits of a bus to external memory; as fast as the board's memory is when absent. */
  readonly busBits?: number | undefined;
}

/** Products of one DSP, by the style of the array. */
const PACKED: readonly (readonly [style: ArrayStyle, products: number])[] = [
  [2, 4],
  [1, 2],
  [0, 1],
];

/** Bits of the bus of a board that says nothing of its memory. */
const BUS_BITS = 128;

/**
 * What a board can do at most: all its DSPs at the packing that the operands allow, and its memory at
 * its highest rate, or over one bus where that is slower. A board without DSPs multiplies on half of
 * its LUTs.
 */
export function boardMachine(board: Board, options: BoardMachineOptions): Machine {
  const { aBits, bBits, clockMHz = board.defaultClockMHz, busBits } = options;
  const shape = { tokens: 2, inputs: 8, outputs: 2, aBits, bBits, cell: 0 } as const;
  const packs = board.dspWidth.a >= 27 && board.dspWidth.b >= 18;
  const fits = ([style]: (typeof PACKED)[number]) =>
    (style === 0 || packs) && arrayFits({ ...shape, style });
  const perDsp = PACKED.find(fits)?.[1] ?? 1;
  const products = board.resources.dsp > 0 ? board.resources.dsp * perDsp : onLuts(board, shape);
  const hertz = clockMHz * 1e6;
  const memory = board.externalMemory?.bytesPerSecond;
  const bus = (busBits ?? BUS_BITS) / 8;
  const limits = [memory, busBits === undefined && memory ? undefined : bus * hertz];
  return {
    name: board.name,
    operationsPerSecond: 2 * products * hertz,
    bytesPerSecond: Math.min(...limits.filter((limit) => limit !== undefined)),
  };
}

function onLuts(board: Board, shape: Omit<Parameters<typeof arrayCost>[0], 'style'>): number {
  const { lut, lutram } = arrayCost({ ...shape, style: 3 });
  const products = shape.tokens * shape.inputs * shape.outputs;
  return Math.max(1, Math.floor((board.resources.lut * products) / (2 * (lut + lutram))));
}

/** An engine's own roof: what its array and its bus can do. */
export function engineMachine(
  name: string,
  productsPerCycle: number,
  busBits: number,
  clockMHz: number,
): Machine {
  return {
    name,
    operationsPerSecond: 2 * productsPerCycle * clockMHz * 1e6,
    bytesPerSecond: (busBits / 8) * clockMHz * 1e6,
  };
}
