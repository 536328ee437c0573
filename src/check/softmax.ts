import type { Range, ReciprocalTable, SoftmaxNode } from '../ir/index.ts';
import { type Interval, interval, minus, plus, signedBitsOf, sumOf, times } from './interval.ts';
import { MAX_SHIFT, MAX_SOFTMAX_ENTRIES, MAX_TABLE_ENTRY } from './limits.ts';
import { formatInterval } from './matrix.ts';
import { checkShape, dimensions, type NodeCheck } from './node-check.ts';
import type { Reporter } from './reporter.ts';

/** Biases of indices and of the last rounding; any sum with them stays far inside 2^53. */
const BIAS: Range = { low: -(2 ** 47), high: 2 ** 47 };

export const checkSoftmax: NodeCheck<SoftmaxNode> = (node, find, report) => {
  const { expTable, expBias, one, two } = node;
  report.shift('the shift of the exponentials', node.expShift, MAX_SHIFT);
  const legal = [
    report.unsignedTable('the table of exponentials', expTable, MAX_SOFTMAX_ENTRIES),
    report.within('the bias of the exponentials', [expBias], BIAS),
    checkReciprocal('one', one, report),
    checkReciprocal('two', two, report),
  ].every(Boolean);
  const input = find(node.input);
  const from = input && dimensions(input, 3, report);
  if (!input || !from) return null;
  const [, , keys] = from;
  checkShape('the output', node.output.shape, input.shape, report);
  if (!legal) return null;

  const x = formatInterval(input.format);
  // max - x is never negative; the interval of a difference would not know that.
  const difference = plus(interval(0, minus(x, x).high), interval(expBias, expBias));
  const exponential = interval(0, (1n << BigInt(entryBits(expTable))) - 1n);
  const sum = sumOf(exponential, keys);
  const product = times(exponential, interval(0, MAX_TABLE_ENTRY));
  const indexed = [one, two].map((part) => plus(sum, interval(part.indexBias, part.indexBias)));
  const biased = [one, two].map((part) => plus(product, interval(part.bias, part.bias)));
  for (const value of indexed) report.exact('the sum of exponentials with its bias', value);
  for (const value of biased) report.exact('the exponential times the reciprocal', value);
  const sumBits = widest([sum, ...indexed]);
  return {
    kind: 'softmax',
    differenceBits: signedBitsOf(difference),
    exponentialBits: signedBitsOf(exponential),
    sumBits,
    productBits: signedBitsOf(product),
    biasedBits: widest([product, ...biased]),
    proof: `${keys} exponentials of at most ${exponential.high}: sum <= ${sum.high}, ${sumBits} bits`,
  };
};

function checkReciprocal(name: string, part: ReciprocalTable, report: Reporter): boolean {
  const table = `the reciprocal table ${name}`;
  report.unsignedTable(table, part.table, MAX_SOFTMAX_ENTRIES);
  report.shift(`the index shift of ${table}`, part.indexShift, MAX_SHIFT);
  report.shift(`the shift of ${table}`, part.shift, MAX_SHIFT);
  const index = report.within(`the index bias of ${table}`, [part.indexBias], BIAS);
  return report.within(`the bias of ${table}`, [part.bias], BIAS) && index;
}

/** Bits of the memory that holds a table of unsigned entries. */
function entryBits(table: Int32Array): number {
  const largest = table.reduce((a, b) => Math.max(a, b), 1);
  return largest.toString(2).length;
}

function widest(values: readonly Interval[]): number {
  return Math.max(...values.map(signedBitsOf));
}
