import { addressBits, log2Ceil, unsignedBits } from './engine.ts';
import type { EngineParameters } from './parameters.ts';

/** A table of the program as a memory. */
export interface ProgramTable {
  /** A power of two: Yosys makes the table of a case statement as large. */
  readonly words: number;
  readonly bits: number;
}

/** Flags of a matrix product: its sources, destination, and what it has of the epilogue. */
const FLAGS = { sources: 4, bias: 1, table: 1, skips: 2, destination: 3 };
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
  const { CHOICES, depths } = p;
  const { activations, keys, normalized, input, probabilities } = depths;
  const { residual, scores, result, offset, weights, parameters } = depths;
  const bases =
    addressBits(activations, normalized, input, probabilities) +
    addressBits(weights, keys) +
    addressBits(activations, keys, residual, scores, result) +
    addressBits(residual, offset);
  const lanes = Math.max(p.TI, p.TO);
  // COUNT_BITS is larger where passes are short beside the latency of the array.
  const count = unsignedBits(p.OPERATIONS.largest + lanes) + 1;
  const counts = 4 * count + 2 * unsignedBits(lanes) + p.LEAD_BITS;
  const part = addressBits(p.WORD / Math.min(p.TI, p.KEY_TO));
  const epilogue =
    addressBits(CHOICES.modes) +
    addressBits(p.TABLE_DEPTH) +
    (p.SKIP_PRODUCT ? p.SKIP_MULT_BITS : 1) +
    1;
  const groups = p.GROUP_GROWTH > 0 ? 1 + addressBits(depths.factors) : 0;
  // Bases have strides.
  return sum(FLAGS) + counts + 2 * bases + addressBits(parameters) + part + epilogue + groups;
}

const words = (rows: number) => 2 ** Math.max(1, log2Ceil(rows));
const sum = (bits: Readonly<Record<string, number>>) =>
  Object.values(bits).reduce((total, one) => total + one, 0);
