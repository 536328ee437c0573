import { productFieldBits } from './descriptor-bits.ts';
import { addressBits, log2Ceil, unsignedBits } from './engine.ts';
import type { EngineParameters } from './parameters.ts';

/** A table of the program as a memory. */
export interface ProgramTable {
  /** A power of two: Yosys makes the table of a case statement as large. */
  readonly words: number;
  readonly bits: number;
}

/** Which unit, what must be idle, and how many products may be under way. */
const INSTRUCTION_FLAGS = { unit: 3, idle: 5, products: 2 };

/**
 * Of the bits of a table's word those that are not the same in every word, and so are kept: sizes
 * and strides are multiples of tiles. 0.57 to 0.59 in the engines of the examples and the bench.
 */
const VARYING = 0.59;

/** The constants of all matrix products, which are most of a program. */
export function productTable(p: EngineParameters): ProgramTable {
  return { words: words(p.OPERATIONS.products), bits: Math.round(VARYING * productBits(p)) };
}

/** The instructions, in order. */
export function instructionTable({ OPERATIONS }: EngineParameters): ProgramTable {
  const bits = sum(INSTRUCTION_FLAGS) + addressBits(OPERATIONS.products);
  return { words: words(OPERATIONS.instructions), bits };
}

/**
 * Bits of the constants of a matrix product, by the widths of the counters and addresses in it.
 * Near the real number: which multipliers of skip connections there are is known to a later stage.
 */
export function productBits(p: EngineParameters): number {
  // COUNT_BITS is larger where passes are short beside the latency of the array.
  const counts = unsignedBits(p.OPERATIONS.largest + Math.max(p.TI, p.TO)) + 1;
  const epilogue = {
    mode: addressBits(p.CHOICES.modes),
    table: 1 + addressBits(p.TABLE_DEPTH),
    skip: 2 + (p.SKIP_PRODUCT ? p.SKIP_MULT_BITS : 1),
  };
  // The coefficients of the sequencer were fitted without the base of steps per token.
  const fields = { ...productFieldBits(p, counts), step_base: 0 };
  return sum(fields) + sum(epilogue);
}

const words = (rows: number) => 2 ** Math.max(1, log2Ceil(rows));
const sum = (bits: Readonly<Record<string, number>>) =>
  Object.values(bits).reduce((total, one) => total + one, 0);
