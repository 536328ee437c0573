import { arrayLatency } from './array.ts';
import type { Multipliers } from './multipliers.ts';

/**
 * The shape of the time-multiplexed engine and the latencies that follow from it. The Verilog in
 * `templates/rtl` has the same numbers in its own terms; `test/plan` holds the two together by
 * comparing predicted with simulated cycles.
 */
export interface EngineShape {
  /** TP: tokens (rows of the streamed operand) that pass the tile side by side; divides TI and TO. */
  readonly tokens: number;
  /** TI: elements of the reduction multiplied per cycle. */
  readonly inputs: number;
  /** TO: output channels per cycle. One of TI and TO divides the other. */
  readonly outputs: number;
  /** VL: elements per cycle of LayerNorm, softmax and pooling; divides TI and TO. */
  readonly vector: number;
  /** How the products are made; absent for a multiplier each. */
  readonly multipliers?: Multipliers | undefined;
}

/** Products that the array does in a cycle. */
export function productsPerCycle({
  tokens,
  inputs,
  outputs,
}: Pick<EngineShape, 'tokens' | 'inputs' | 'outputs'>): number {
  return tokens * inputs * outputs;
}

/**
 * Outputs of a tile of keys or values. Where outputs on LUTs multiply weights alone, those are the
 * others.
 */
export function keyOutputs({
  outputs,
  multipliers,
}: Pick<EngineShape, 'outputs' | 'multipliers'>): number {
  return multipliers?.lutBits === undefined ? outputs : outputs - multipliers.lutOutputs;
}

/** Channels of one token in a word of the activation and key memories. */
export function wordElements(shape: EngineShape): number {
  return Math.max(shape.inputs, shape.outputs);
}

/** Words of `rows` tokens that are streamed one after the other. */
export function tokenWords(shape: EngineShape, rows: number): number {
  return Math.ceil(rows / shape.tokens);
}

/** `ceil(log2 n)` for n >= 1. */
export function log2Ceil(n: number): number {
  return Math.ceil(Math.log2(n));
}

/** Bits of an address of a memory of `depth` words, or of one that is as deep as the largest: at least one. */
export function addressBits(...depths: readonly number[]): number {
  return log2Ceil(Math.max(2, ...depths));
}

/** Bits that hold the unsigned number `n`, at least one. */
export function unsignedBits(n: number): number {
  return Math.max(1, Math.floor(Math.log2(Math.max(1, n))) + 1);
}

export interface Latencies {
  /** From a word at the array to its sums. */
  readonly array: number;
  /** Cycles from taking a tile to having the next one: its rows, and three for the way. */
  readonly loadRows: number;
  /** The same for a tile that is filled by columns. */
  readonly loadColumns: number;
  /** Cycles a pass lasts at least; see vt_token_streamer. */
  readonly minPass: number;
  /** From a streamed word's issue to the cycle in which its result is written. */
  readonly result: number;
}

export function latencies(shape: EngineShape): Latencies {
  const { inputs, outputs, multipliers } = shape;
  const array = multipliers ? arrayLatency({ ...shape, ...multipliers }) : 1 + log2Ceil(inputs);
  return {
    array,
    loadRows: outputs + 3,
    loadColumns: Math.max(inputs, outputs) + 3,
    minPass: array + 11,
    result: array + 10,
  };
}
