import {
  formatName,
  type LayerNormNode,
  layerNormWeightFormat,
  type Range,
  signedBits,
} from '../ir/index.ts';
import {
  interval,
  minus,
  plus,
  rounded,
  signedBitsOf,
  span,
  squared,
  sumOf,
  times,
  withRounding,
} from './interval.ts';
import {
  LAYER_NORM_BIAS_BITS,
  MAX_LAYER_NORM_ENTRIES,
  MAX_ROW_EXPONENT,
  MAX_SHIFT,
} from './limits.ts';
import { formatInterval } from './matrix.ts';
import { checkShape, dimensions, type NodeCheck } from './node-check.ts';
import type { Reporter } from './reporter.ts';
import { entryBits, entryInterval } from './tables.ts';

/** Far beyond any sum of squares, and with it still inside 2^53. */
const VARIANCE_BIAS: Range = { low: -(2 ** 52), high: 2 ** 52 };

export const checkLayerNorm: NodeCheck<LayerNormNode> = (node, find, report) => {
  const legal = checkConstants(node, report);
  const input = find(node.input);
  const from = input && dimensions(input, 2, report);
  if (!input || !from) return null;
  const [tokens, channels] = from;
  report.within('the number of rows', [node.rows], { low: 1, high: tokens }, 'VT352');
  checkShape('the output', node.output.shape, [node.rows, channels], report);
  const stepsAreLegal = checkRowSteps(node, report);
  report.length('weight', node.weight.length, channels);
  report.length('bias', node.bias.length, channels);
  if (!legal || !stepsAreLegal) return null;

  const weightFormat = layerNormWeightFormat(node);
  const x = formatInterval(input.format);
  const sum = sumOf(x, channels);
  // The multiplier itself, not any multiplier: the mean would have no useful bound otherwise.
  const multiplier = interval(node.meanMultiplier, node.meanMultiplier);
  const scaledSum = times(sum, multiplier);
  const meanProduct = withRounding(scaledSum, node.meanShift);
  const mean = rounded(scaledSum, node.meanShift);
  const deviation = minus(x, mean);
  const squares = sumOf(squared(deviation), channels);
  const variance = plus(squares, interval(node.varianceBias, node.varianceBias));
  const normalized = times(deviation, entryInterval(node.table));
  const weighted = times(normalized, formatInterval(weightFormat));
  const biased = plus(weighted, span(node.bias));
  report.exact('the sum times the multiplier of the mean', meanProduct);
  report.exact('the sum of squares', squares);
  report.exact('the sum of squares with its bias', variance);
  report.exact('the weighted deviation', weighted);
  const roundedLater = node.output.rowExponent ? withRounding(biased, node.shift) : biased;
  report.exact('the weighted deviation with its bias', roundedLater);
  const squareSumBits = signedBitsOf(squares);
  return {
    kind: 'layerNorm',
    sumBits: signedBitsOf(sum),
    meanProductBits: signedBitsOf(meanProduct),
    meanBits: signedBitsOf(mean),
    deviationBits: signedBitsOf(deviation),
    squareSumBits,
    varianceBits: Math.max(squareSumBits, signedBitsOf(variance)),
    tableBits: entryBits(node.table),
    weightBits: signedBits(weightFormat),
    normalizedBits: signedBitsOf(normalized),
    weightedBits: signedBitsOf(weighted),
    biasedBits: Math.max(signedBitsOf(weighted), signedBitsOf(biased)),
    proof:
      `${channels} x ${formatName(input.format)}: sum d^2 <= ${squares.high}, ${squareSumBits} bits; ` +
      `d * r * weight + bias in ${signedBitsOf(biased)} bits`,
  };
};

/** Steps per token: signed codes, and fraction bits enough for the finest step and its rounding. */
function checkRowSteps({ output, shift }: LayerNormNode, report: Reporter): boolean {
  const { rowExponent = 0 } = output;
  if (rowExponent === 0) return true;
  if (!output.format.signed) {
    const sentence = `the rows have steps of their own, and the tensor is ${formatName(output.format)}.`;
    report.fault('VT362', sentence, 'Only signed codes can have steps per token.');
    return false;
  }
  const what = 'the largest exponent of a row';
  if (!report.within(what, [rowExponent], { low: 1, high: MAX_ROW_EXPONENT })) return false;
  return report.within('shift', [shift], { low: rowExponent + 1, high: MAX_SHIFT }, 'VT355');
}

/** Whether widths can be derived from the constants. */
function checkConstants(node: LayerNormNode, report: Reporter): boolean {
  const bound = 2 ** (LAYER_NORM_BIAS_BITS - 1);
  report.codes('weight', node.weight, layerNormWeightFormat(node));
  return [
    report.unsignedTable('the table', node.table, MAX_LAYER_NORM_ENTRIES),
    report.multiplier('the multiplier of the mean', node.meanMultiplier),
    report.shift('the shift of the mean', node.meanShift, MAX_SHIFT),
    report.shift('the shift of the variance', node.varianceShift, MAX_SHIFT),
    report.shift('shift', node.shift, MAX_SHIFT),
    report.within('the bias of the variance', [node.varianceBias], VARIANCE_BIAS),
    report.within('bias', node.bias, { low: -bound, high: bound - 1 }),
  ].every(Boolean);
}
