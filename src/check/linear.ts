import {
  type Epilogue,
  GROUP_FACTORS,
  groupCount,
  type LinearNode,
  type TensorType,
} from '../ir/index.ts';
import { interval, plus, rounded, signedBitsOf, span, times, withRounding } from './interval.ts';
import { MAX_RESIDUAL_SHIFT, MULTIPLIERS, RESIDUAL_MULTIPLIERS } from './limits.ts';
import { formatInterval, matrixWidths } from './matrix.ts';
import { checkShape, dimensions, type FindTensor, type NodeCheck } from './node-check.ts';
import type { Reporter } from './reporter.ts';
import { checkClip, multiplierInterval, wideMultiplierInterval } from './requantization.ts';
import type { AddedWidths } from './widths.ts';

export const checkLinear: NodeCheck<LinearNode> = (node, find, report) => {
  const { output, weightFormat, epilogue } = node;
  report.codes('weight', node.weight, weightFormat);
  const legal = checkRequantization(epilogue, output, report);
  const added = legal ? checkResidual(epilogue, output, find, report) : null;
  const { join = 1 } = node;
  const input = find(node.input, join === 1 ? 'rowSteps' : undefined);
  const from = input && dimensions(input, 2, report);
  const to = dimensions(output, 2, report);
  if (!input || !from || !to) return null;
  const joins = Number.isInteger(join) && join >= 1 && from[0] % join === 0;
  if (!joins) {
    report.fault('VT352', `${from[0]} rows are not joined ${join} by ${join}.`);
    return null;
  }
  const [tokens, inputs] = [from[0] / join, from[1] * join];
  const [, outputs] = to;
  checkShape('the output', output.shape, [tokens, outputs], report);
  report.length('weight', node.weight.length, outputs * inputs);
  const groups = checkGroups(node, outputs, inputs, report);
  report.length('bias', epilogue.bias.length, outputs);
  report.length('multiplier', epilogue.multiplier.length, outputs);
  if (!legal || !groups) return null;
  const bias = span(epilogue.bias);
  const weightFactor = node.groups ? Math.max(...GROUP_FACTORS) : 1;
  const operands = { left: input.format, right: weightFormat, weightFactor };
  const proof = { ...operands, reduction: inputs, bias };
  const multiplier = multiplierInterval(epilogue.multiplier);
  const { shift } = epilogue;
  const rowExponent = input.rowExponent ?? 0;
  return matrixWidths({ ...proof, multiplier, shift, rowExponent }, report, added);
};

/** Whether groups of the inputs, if there are any, are legal: VT352, VT358. */
function checkGroups(
  { groups }: LinearNode,
  outputs: number,
  inputs: number,
  report: Reporter,
): boolean {
  if (!groups) return true;
  const { size, factors } = groups;
  if (!report.within('the size of a group', [size], { low: 1, high: inputs })) return false;
  if (!report.length('the factors', factors.length, outputs * groupCount(inputs, size))) {
    return false;
  }
  const bad = factors.find((factor) => !GROUP_FACTORS.includes(factor));
  if (bad === undefined) return true;
  const hint = `Legal are ${GROUP_FACTORS.join(', ')}.`;
  report.fault('VT358', `the factor of a group is ${bad}.`, hint);
  return false;
}

/** Whether shift and clip are such that widths can be derived from them. */
function checkRequantization(epilogue: Epilogue, output: TensorType, report: Reporter): boolean {
  report.within('multiplier', epilogue.multiplier, MULTIPLIERS, 'VT354');
  // Without a table or residual the clipped value is the output code itself.
  return checkClip(epilogue, output.format, !epilogue.residual, report);
}

function checkResidual(
  { residual, table, low, high }: Epilogue,
  output: TensorType,
  find: FindTensor,
  report: Reporter,
): AddedWidths | null {
  if (!residual) return null;
  const { shift, multiplier } = residual;
  const what = 'the multiplier of the residual';
  const factor = report.within(what, [multiplier], RESIDUAL_MULTIPLIERS, 'VT354');
  const legal = report.shift('the shift of the residual', shift, MAX_RESIDUAL_SHIFT);
  const skip = find(residual.input);
  if (!skip) return null;
  checkShape(`the residual ${skip.name}`, skip.shape, output.shape, report);
  if (!legal || !factor) return null;
  const factors = wideMultiplierInterval(multiplier);
  const scaled = times(formatInterval(skip.format), factors);
  const product = withRounding(scaled, shift);
  const branch = table ? formatInterval(output.format) : interval(low, high);
  report.exact('the residual', product);
  return {
    multiplierBits: signedBitsOf(factors) - 1,
    productBits: signedBitsOf(product),
    sumBits: signedBitsOf(plus(rounded(scaled, shift), branch)),
  };
}
