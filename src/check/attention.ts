import type { Requantization, ScoresNode, TensorType, WeightedValuesNode } from '../ir/index.ts';
import { interval } from './interval.ts';
import { matrixWidths } from './matrix.ts';
import { checkShape, dimensions, type NodeCheck } from './node-check.ts';
import type { Reporter } from './reporter.ts';
import { checkTensorRequantization, multiplierInterval } from './requantization.ts';

export const checkScores: NodeCheck<ScoresNode> = (node, find, report) => {
  const requantization = checkTensorRequantization(node, report);
  const query = find(node.query);
  const key = find(node.key);
  const left = query && dimensions(query, 2, report);
  const right = key && dimensions(key, 2, report);
  if (!query || !key || !left || !right) return null;
  const [queries, channels] = left;
  const [keys] = right;
  checkShape(`the key ${key.name}`, key.shape, [keys, channels], report);
  checkShape('the output', node.output.shape, [node.heads, queries, keys], report);
  if (!headsDivide(node.heads, channels, report) || !requantization) return null;
  return attentionWidths(query, key, channels / node.heads, requantization, report);
};

export const checkWeightedValues: NodeCheck<WeightedValuesNode> = (node, find, report) => {
  const requantization = checkTensorRequantization(node, report);
  const probability = find(node.probability);
  const value = find(node.value);
  const left = probability && dimensions(probability, 3, report);
  const right = value && dimensions(value, 2, report);
  if (!probability || !value || !left || !right) return null;
  const [, queries, keys] = left;
  const [, channels] = right;
  const expected = [node.heads, queries, keys];
  checkShape(`the probability ${probability.name}`, probability.shape, expected, report);
  checkShape(`the value ${value.name}`, value.shape, [keys, channels], report);
  checkShape('the output', node.output.shape, [queries, channels], report);
  if (!headsDivide(node.heads, channels, report) || !requantization) return null;
  return attentionWidths(probability, value, keys, requantization, report);
};

function headsDivide(heads: number, channels: number, report: Reporter): boolean {
  const divides = Number.isInteger(heads) && heads >= 1 && channels % heads === 0;
  if (!divides) report.fault('VT352', `${heads} heads do not divide ${channels} channels.`);
  return divides;
}

function attentionWidths(
  left: TensorType,
  right: TensorType,
  reduction: number,
  requantization: Requantization,
  report: Reporter,
) {
  const { bias, multiplier, shift } = requantization;
  return matrixWidths(
    {
      ...{ left: left.format, right: right.format, reduction, shift },
      bias: bias === 0 ? null : interval(bias, bias),
      multiplier: multiplierInterval([multiplier]),
    },
    report,
  );
}
