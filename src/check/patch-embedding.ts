import type { PatchEmbeddingNode } from '../ir/index.ts';
import { plus, signedBitsOf, span } from './interval.ts';
import { BIASES, MAX_SHIFT, MULTIPLIERS } from './limits.ts';
import { formatInterval, matrixWidths } from './matrix.ts';
import { checkShape, dimensions, type NodeCheck } from './node-check.ts';
import { multiplierInterval } from './requantization.ts';

export const checkPatchEmbedding: NodeCheck<PatchEmbeddingNode> = (node, find, report) => {
  const { output, weightFormat, shift, offset } = node;
  const toAccumulator = node.offsetTo === 'accumulator';
  const replaces = node.leadingRows === 'replace';
  report.within('the number of leading rows', [node.leading], { low: 0, high: 2 ** 16 }, 'VT352');
  report.within('multiplier', node.multiplier, MULTIPLIERS, 'VT354');
  const shiftIsLegal = report.shift('shift', shift, MAX_SHIFT);
  report.codes('weight', node.weight, weightFormat);
  const offsetIsLegal = toAccumulator
    ? report.within('offset', offset, BIASES)
    : report.codes('offset', offset, output.format);
  const input = find(node.input);
  const from = input && dimensions(input, 2, report);
  const to = dimensions(output, 2, report);
  if (!input || !from || !to) return null;
  const [patches, patchSize] = from;
  const [tokens, channels] = to;
  const rows = replaces ? patches : node.leading + patches;
  checkShape('the output', output.shape, [rows, channels], report);
  if (replaces) {
    report.within(
      'the number of replaced rows',
      [node.leading],
      { low: 0, high: patches },
      'VT352',
    );
  }
  report.length('weight', node.weight.length, channels * patchSize);
  report.length('multiplier', node.multiplier.length, channels);
  report.length('offset', offset.length, tokens * channels);
  if (!shiftIsLegal || !offsetIsLegal) return null;

  const proof = {
    ...{ left: input.format, right: weightFormat, reduction: patchSize, shift },
    multiplier: multiplierInterval(node.multiplier),
  };
  if (toAccumulator) return matrixWidths({ ...proof, bias: span(offset) }, report);
  // Either summand has been clipped to the output's range.
  const sum = plus(formatInterval(output.format), formatInterval(output.format));
  const added = { multiplierBits: 0, productBits: 0, sumBits: signedBitsOf(sum) };
  return matrixWidths({ ...proof, bias: null }, report, added);
};
