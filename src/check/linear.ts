import {
  type Epilogue,
  type LinearNode,
  type Range,
  rangeOf,
  type TensorType,
} from '../ir/index.ts';
import { interval, plus, rounded, signedBitsOf, span, times, withRounding } from './interval.ts';
import { CLIP_BOUNDS, MAX_RESIDUAL_SHIFT, MAX_SHIFT, MULTIPLIERS } from './limits.ts';
import { ANY_MULTIPLIER, formatInterval, matrixWidths } from './matrix.ts';
import { checkShape, dimensions, type FindTensor, type NodeCheck } from './node-check.ts';
import type { Reporter } from './reporter.ts';
import type { AddedWidths } from './widths.ts';

export const checkLinear: NodeCheck<LinearNode> = (node, find, report) => {
  const { output, weightFormat, epilogue } = node;
  report.codes('weight', node.weight, weightFormat);
  const legal = checkRequantization(epilogue, output, report);
  const added = legal ? checkResidual(epilogue, output, find, report) : null;
  const input = find(node.input);
  const from = input && dimensions(input, 2, report);
  const to = dimensions(output, 2, report);
  if (!input || !from || !to) return null;
  const [tokens, inputs] = from;
  const [, outputs] = to;
  checkShape('the output', output.shape, [tokens, outputs], report);
  report.length('weight', node.weight.length, outputs * inputs);
  report.length('bias', epilogue.bias.length, outputs);
  report.length('multiplier', epilogue.multiplier.length, outputs);
  if (!legal) return null;
  const bias = span(epilogue.bias);
  const proof = { left: input.format, right: weightFormat, reduction: inputs, bias };
  return matrixWidths({ ...proof, shift: epilogue.shift }, report, added);
};

/** Whether shift and clip are such that widths can be derived from them. */
function checkRequantization(epilogue: Epilogue, output: TensorType, report: Reporter): boolean {
  const { low, high, table } = epilogue;
  report.within('multiplier', epilogue.multiplier, MULTIPLIERS, 'VT354');
  const shift = report.shift('shift', epilogue.shift, MAX_SHIFT);
  // Without a table or residual the clipped value is the output code itself.
  const direct = !table && !epilogue.residual;
  const bounds: Range = direct ? rangeOf(output.format) : CLIP_BOUNDS;
  const clip =
    report.within('the lower bound of the clip', [low], bounds) &&
    report.within('the upper bound of the clip', [high], { low, high: bounds.high });
  if (table && clip && table.length !== high - low + 1) {
    const needed = `The clip to ${low} .. ${high} needs ${high - low + 1}.`;
    report.fault('VT356', `the table has ${table.length} entries.`, needed);
  }
  if (table) report.within('the table, entry', table, rangeOf(output.format), 'VT357');
  return shift && clip;
}

function checkResidual(
  { residual, table, low, high }: Epilogue,
  output: TensorType,
  find: FindTensor,
  report: Reporter,
): AddedWidths | null {
  if (!residual) return null;
  const { shift } = residual;
  report.multiplier('the multiplier of the residual', residual.multiplier);
  const legal = report.shift('the shift of the residual', shift, MAX_RESIDUAL_SHIFT);
  const skip = find(residual.input);
  if (!skip) return null;
  checkShape(`the residual ${skip.name}`, skip.shape, output.shape, report);
  if (!legal) return null;
  const scaled = times(formatInterval(skip.format), ANY_MULTIPLIER);
  const product = withRounding(scaled, shift);
  const branch = table ? formatInterval(output.format) : interval(low, high);
  report.exact('the residual', product);
  return {
    productBits: signedBitsOf(product),
    sumBits: signedBitsOf(plus(rounded(scaled, shift), branch)),
  };
}
