import type { Range, ReciprocalTable, SoftmaxNode } from '../ir/index.ts';
import { type Interval, interval, minus, plus, signedBitsOf, sumOf, times } from './interval.ts';
import { MAX_SHIFT, MAX_SOFTMAX_ENTRIES } from './limits.ts';
import { formatInterval } from './matrix.ts';
import { checkShape, dimensions, type NodeCheck } from './node-check.ts';
import type { Reporter } from './reporter.ts';
import { entryInterval } from './tables.ts';

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
  const exponential = entryInterval(expTable);
  const sum = sumOf(exponential, keys);
  const reciprocals = [one, two].map((part) => entryInterval(part.table));
  const products = reciprocals.map((reciprocal) => times(exponential, reciprocal));
  const indexed = [one, two].map((part) => plus(sum, interval(part.indexBias, part.indexBias)));
  const biased = [one, two].map(({ bias }, i) =>
    plus(products[i] as Interval, interval(bias, bias)),
  );
  for (const value of indexed) report.exact('the sum of exponentials with its bias', value);
  for (const value of biased) report.exact('the exponential times the reciprocal', value);
  const sumBits = widest([sum, ...indexed]);
  return {
    kind: 'softmax',
    differenceBits: signedBitsOf(difference),
    exponentialBits: signedBitsOf(exponential),
    sumBits,
    productBits: widest(products),
    biasedBits: widest([...products, ...biased]),
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

function widest(values: readonly Interval[]): number {
  return Math.max(...values.map(signedBitsOf));
}
