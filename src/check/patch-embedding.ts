import type { PatchEmbeddingNode } from '../ir/index.ts';
import { plus, signedBitsOf } from './interval.ts';
import { MAX_SHIFT, MULTIPLIERS } from './limits.ts';
import { formatInterval, matrixWidths } from './matrix.ts';
import { checkShape, dimensions, type NodeCheck } from './node-check.ts';

export const checkPatchEmbedding: NodeCheck<PatchEmbeddingNode> = (node, find, report) => {
  const { output, weightFormat, shift } = node;
  report.within('the number of leading rows', [node.leading], { low: 0, high: 2 ** 16 }, 'VT352');
  report.within('multiplier', node.multiplier, MULTIPLIERS, 'VT354');
  const shiftIsLegal = report.shift('shift', shift, MAX_SHIFT);
  report.codes('weight', node.weight, weightFormat);
  report.codes('offset', node.offset, output.format);
  const input = find(node.input);
  const from = input && dimensions(input, 2, report);
  const to = dimensions(output, 2, report);
  if (!input || !from || !to) return null;
  const [patches, patchSize] = from;
  const [tokens, channels] = to;
  checkShape('the output', output.shape, [node.leading + patches, channels], report);
  report.length('weight', node.weight.length, channels * patchSize);
  report.length('multiplier', node.multiplier.length, channels);
  report.length('offset', node.offset.length, tokens * channels);
  if (!shiftIsLegal) return null;

  // Either summand has been clipped to the output's range.
  const sum = plus(formatInterval(output.format), formatInterval(output.format));
  const added = { productBits: 0, sumBits: signedBitsOf(sum) };
  const proof = { left: input.format, right: weightFormat, reduction: patchSize, bias: null };
  return matrixWidths({ ...proof, shift }, report, added);
};
