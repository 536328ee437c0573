/**
 * How the codes of a tensor are to be read. A new format is a new member of this union with its
 * own file; operators ask `rangeOf` and `storageBits`, never for a member by name.
 */
export type NumberFormat = UniformFormat;

/** Two's-complement (or plain binary) integers at equal steps. */
export interface UniformFormat {
  readonly kind: 'uniform';
  readonly bits: number;
  readonly signed: boolean;
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

export function uniform(bits: number, signed = true): UniformFormat {
  return Object.freeze({ kind: 'uniform', bits, signed });
}

/** Smallest and largest code. */
export function rangeOf(format: NumberFormat): Range {
  const { bits, signed } = format;
  return signed
    ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 }
    : { low: 0, high: 2 ** bits - 1 };
}

/** Bits of one code in memory. */
export function storageBits(format: NumberFormat): number {
  return format.bits;
}

/** Bits of a two's-complement operand that holds every code: an unsigned format needs one more. */
export function signedBits(format: NumberFormat): number {
  return format.signed ? format.bits : format.bits + 1;
}

/** `int8`, `uint3` */
export function formatName(format: NumberFormat): string {
  return `${format.signed ? 'int' : 'uint'}${format.bits}`;
}
