import { type Choice, listLiteral, selectorBits } from './choice.ts';
import type { Constant } from './hardware.ts';

/** A parameter of a library unit, by the name that it has there. */
export type UnitParameter = Constant;

/** The parameters of a setting that is a number of a list. */
export function choiceParameters(
  name: string,
  plural: string,
  choice: Choice,
  comment?: string,
): UnitParameter[] {
  return [
    { name: `${name}_COUNT`, value: choice.values.length },
    { name: `${name}_SEL_BITS`, value: selectorBits(choice) },
    { name: plural, value: listLiteral(choice), comment },
  ];
}

/** A list as `listLiteral`, of numbers that may be wider than 53 bits, in two's complement. */
export function hexList(values: readonly (number | bigint)[], bits: number): string {
  const words = values.map((v) => `${bits}'h${BigInt.asUintN(bits, BigInt(v)).toString(16)}`);
  return words.length === 1 ? (words[0] as string) : `{${words.reverse().join(', ')}}`;
}

/** Whether tables of `bits` index bits all begin where those bits are zero. */
export function areAligned(bases: readonly number[], bits: number): boolean {
  return bases.every((base) => base % 2 ** bits === 0);
}

/** Number of zeros below the lowest one of a number; 0 has as many as asked for. */
export function trailingZeros(value: number, most: number): number {
  let zeros = 0;
  let rest = Math.abs(value);
  while (zeros < most && rest % 2 === 0) {
    rest /= 2;
    zeros++;
  }
  return zeros;
}
