/** A tensor whose values are known: an initializer, or folded from them. */
export interface Constant {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
  /** Integers divide towards zero. */
  readonly integer: boolean;
  /** The initializer it came from, or ''. */
  readonly name: string;
  /** Of an integer type, the numbers that it holds. */
  readonly range?: { readonly low: number; readonly high: number } | undefined;
  /** The integers that the values were dequantized from, where they were. */
  readonly codes?: Codes | undefined;
}

/** Integers in the order of a constant's elements, each with its own step: `data = values * steps`. */
export interface Codes {
  /** The zero point is subtracted already. */
  readonly values: Float64Array;
  readonly steps: Float64Array;
}
