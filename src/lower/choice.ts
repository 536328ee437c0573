import { addressBits } from '../plan/index.ts';

/**
 * A setting of a unit as the number of a value in a list: the values that it has in the operations
 * of a design, each once. A setting that is equal in all of them is wiring in hardware, and a few
 * values are a small multiplexer where any value would be a shifter or a comparator.
 */
export interface Choice {
  /** Ascending. */
  readonly values: readonly number[];
  /** Bits of a value, two's complement where there are negative ones. */
  readonly bits: number;
}

export function choiceOf(values: Iterable<number>, bits: number): Choice {
  return { values: [...new Set(values)].sort((a, b) => a - b), bits };
}

/** Bits of the number of a value, at least one. */
export function selectorBits({ values }: Pick<Choice, 'values'>): number {
  return addressBits(values.length);
}

export function numberIn({ values }: Pick<Choice, 'values'>, value: number): number {
  const number = values.indexOf(value);
  if (number < 0) throw new Error(`${value} is not among ${values.join(', ')}`);
  return number;
}

/** The list as the parameter of a Verilog module: number 0 in the lowest bits. */
export function listLiteral({ values, bits }: Choice): string {
  const literals = values.map((value) => {
    const literal = `${bits}'d${Math.abs(value)}`;
    return value < 0 ? `-${literal}` : literal;
  });
  return values.length === 1 ? (literals[0] as string) : `{${literals.reverse().join(', ')}}`;
}

/** Whether all values are 2^k - 1, so that a bit from k on says that a number is larger. */
export function areMasks(values: readonly number[]): boolean {
  return values.every((value) => Number.isInteger(Math.log2(value + 1)));
}
