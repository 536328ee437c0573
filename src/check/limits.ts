import type { Range } from '../ir/index.ts';

/** Tensor and weight formats have at least and at most this many bits. */
export const MIN_FORMAT_BITS = 2;
export const MAX_FORMAT_BITS = 24;
/** Accumulators: golden keeps them in int32, with one bit in reserve for the sum of two of them. */
export const MAX_ACCUMULATOR_BITS = 31;
/** Integers up to this magnitude are exact in a JavaScript number. */
export const MAX_EXACT = 2n ** 53n;
export const MULTIPLIERS: Range = Object.freeze({ low: 1, high: 2 ** 16 - 1 });
/** The multiplier of a residual: the wide operand of a DSP slice, without its sign. */
export const RESIDUAL_MULTIPLIERS: Range = Object.freeze({ low: 1, high: 2 ** 24 - 1 });
/** Biases in accumulator units are int32. */
export const BIASES: Range = Object.freeze({ low: -(2 ** 31), high: 2 ** 31 - 1 });
export const MAX_SHIFT = 47;
/** Largest exponent of steps per token: three bits hold it. */
export const MAX_ROW_EXPONENT = 7;
export const MAX_RESIDUAL_SHIFT = 31;
/** Entries of each of the softmax's three tables. */
export const MAX_SOFTMAX_ENTRIES = 1024;
export const MAX_LAYER_NORM_ENTRIES = 4096;
export const MAX_TABLE_ENTRY = 2 ** 16 - 1;
export const LAYER_NORM_BIAS_BITS = 48;
/** Bounds of the clip before an epilogue's table or residual: 17 signed bits. */
export const CLIP_BOUNDS: Range = Object.freeze({ low: -(2 ** 16), high: 2 ** 16 - 1 });
