/**
 * The shape of the time-multiplexed engine and the latencies that follow from it. The Verilog in
 * `templates/rtl` has the same numbers in its own terms; `test/plan` holds the two together by
 * comparing predicted with simulated cycles.
 */
export interface EngineShape {
  /** TI: elements of the reduction multiplied per cycle. */
  readonly inputs: number;
  /** TO: output channels per cycle. One of TI and TO divides the other. */
  readonly outputs: number;
  /** VL: elements per cycle of LayerNorm, softmax and pooling; divides TI and TO. */
  readonly vector: number;
}

/** Elements of a word of the activation and key memories. */
export function wordElements(shape: EngineShape): number {
  return Math.max(shape.inputs, shape.outputs);
}

/** `ceil(log2 n)` for n >= 1. */
export function log2Ceil(n: number): number {
  return Math.ceil(Math.log2(n));
}

/** Bits that hold the unsigned number `n`, at least one. */
export function unsignedBits(n: number): number {
  return Math.max(1, Math.floor(Math.log2(Math.max(1, n))) + 1);
}

export interface Latencies {
  /** Cycles a tile must at least serve: loading the next one (TO rows, and three for the way). */
  readonly load: number;
  /** Cycles a pass lasts at least; see vt_matmul. */
  readonly minPass: number;
  /** From a streamed word's issue to the cycle in which its result is written. */
  readonly result: number;
}

export function latencies(shape: EngineShape): Latencies {
  const tree = log2Ceil(shape.inputs);
  return { load: shape.outputs + 3, minPass: tree + 12, result: tree + 11 };
}
