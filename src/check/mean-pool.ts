import { formatName, type MeanPoolNode } from '../ir/index.ts';
import { magnitude, signedBitsOf, sumOf, times, withRounding } from './interval.ts';
import { MAX_SHIFT } from './limits.ts';
import { formatInterval } from './matrix.ts';
import { checkShape, dimensions, type NodeCheck } from './node-check.ts';
import { wideMultiplierInterval } from './requantization.ts';

export const checkMeanPool: NodeCheck<MeanPoolNode> = (node, find, report) => {
  report.multiplier('multiplier', node.multiplier);
  const legal = report.shift('shift', node.shift, MAX_SHIFT);
  const input = find(node.input);
  const from = input && dimensions(input, 2, report);
  if (!input || !from) return null;
  const [tokens, channels] = from;
  checkShape('the output', node.output.shape, [1, channels], report);
  if (!legal) return null;
  const { firstRow = 0 } = node;
  const left = { low: 0, high: tokens - 1 };
  if (!report.within('the first row', [firstRow], left, 'VT352')) return null;
  const rows = tokens - firstRow;
  const sum = sumOf(formatInterval(input.format), rows);
  const product = withRounding(times(sum, wideMultiplierInterval(node.multiplier)), node.shift);
  report.exact('the sum times the multiplier', product);
  const sumBits = signedBitsOf(sum);
  return {
    kind: 'meanPool',
    sumBits,
    productBits: signedBitsOf(product),
    proof: `${rows} x ${formatName(input.format)}: |sum| <= ${magnitude(sum)}, ${sumBits} bits`,
  };
};
