import type { Diagnostic } from '../diagnostics/index.ts';
import {
  formatName,
  type IntegerNode,
  type NumberFormat,
  type Range,
  rangeOf,
} from '../ir/index.ts';
import { type Interval, magnitude } from './interval.ts';
import { MAX_EXACT, MAX_TABLE_ENTRY, MULTIPLIERS } from './limits.ts';

/**
 * Collects the faults of one node (or of the graph's input), each with the node's name and place.
 * The questions answer whether what they looked at is legal.
 */
export interface Reporter {
  fault(code: Diagnostic['code'], message: string, hint?: string): void;
  /** VT352: a constant or tensor has as many elements as its shape says. */
  length(what: string, actual: number, expected: number): boolean;
  /** VT354: multipliers are 1 .. 65535. */
  multiplier(what: string, value: number): boolean;
  /** VT355 */
  shift(what: string, value: number, max: number): boolean;
  /** VT356 and VT357: unsigned entries of at most 16 bits. */
  unsignedTable(what: string, table: ArrayLike<number>, maxEntries: number): boolean;
  /** The given code for the first element outside a range of integers; VT358 by default. */
  within(what: string, values: ArrayLike<number>, range: Range, code?: `VT${number}`): boolean;
  /** VT358: the elements are codes of a format. */
  codes(what: string, values: ArrayLike<number>, format: NumberFormat): boolean;
  /** VT360, once per node since what follows is as wide: an intermediate is exact in a double. */
  exact(what: string, value: Interval): boolean;
}

export function createReporter(
  subject: string,
  place: IntegerNode['place'],
  diagnostics: Diagnostic[],
): Reporter {
  const fault: Reporter['fault'] = (code, text, hint) => {
    // A diagnostic is printed after its place, or after its subject when it has none.
    const message = place ? `${subject}: ${text}` : text;
    diagnostics.push({ code, message, subject, place, hint });
  };
  const within: Reporter['within'] = (what, values, { low, high }, code = 'VT358') => {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (Number.isInteger(value) && value >= low && value <= high) continue;
      const which = values.length === 1 ? '' : ` ${i}`;
      fault(code, `${what}${which} is ${value}.`, `Integers ${low} .. ${high} are legal.`);
      return false;
    }
    return true;
  };
  let exceeded = false;
  return {
    fault,
    within,
    length(what, actual, expected) {
      if (actual === expected) return true;
      fault('VT352', `${what} has ${actual} elements, not ${expected}.`);
      return false;
    },
    multiplier(what, value) {
      return within(what, [value], MULTIPLIERS, 'VT354');
    },
    shift(what, value, max) {
      return within(what, [value], { low: 0, high: max }, 'VT355');
    },
    unsignedTable(what, table, maxEntries) {
      const fits = table.length >= 1 && table.length <= maxEntries;
      if (!fits) {
        fault('VT356', `${what} has ${table.length} entries.`, `1 .. ${maxEntries} are legal.`);
      }
      return within(`${what}, entry`, table, { low: 0, high: MAX_TABLE_ENTRY }, 'VT357') && fits;
    },
    codes(what, values, format) {
      return within(`${what} (${formatName(format)})`, values, rangeOf(format));
    },
    exact(what, value) {
      if (magnitude(value) <= MAX_EXACT) return true;
      if (exceeded) return false;
      exceeded = true;
      fault(
        'VT360',
        `${what} reaches ${magnitude(value)}, which is beyond 2^53.`,
        'Use narrower formats, a shorter reduction or a smaller shift.',
      );
      return false;
    },
  };
}
