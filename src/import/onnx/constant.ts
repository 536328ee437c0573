/** A tensor whose values are known: an initializer, or folded from them. */
export interface Constant {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
  /** Integers divide towards zero. */
  readonly integer: boolean;
  /** The initializer it came from, or ''. */
  readonly name: string;
}
