import type { Model, Parameters } from '../../model/index.ts';
import type { Calibration } from '../calibrate.ts';
import { parameter } from '../float-model.ts';
import { scaleColumns, scaleRows } from './migrate.ts';
import { bounded, channelPeaks, channelsOf, columnPeaks } from './norm-folds.ts';

/**
 * Cross-layer equalization where the float function allows it (Nagel et al., arXiv 1906.04721,
 * equation 11): a channel of one tensor is divided by `sqrt(r1 / r2)` and its partner multiplied by
 * it. Pairs are query and key; value and output projection; a linear layer and the next, with ReLU
 * or nothing between them. The middle of every value channel moves into the output's bias first,
 * which probabilities that sum to one allow.
 */
export function equalize(
  model: Model,
  parameters: Parameters,
  calibration: Calibration,
): Parameters {
  let changed = parameters;
  for (const branch of model.branches) {
    const { name } = branch;
    if (branch.kind === 'attention') {
      changed = equalizeScores(changed, calibration, name);
      changed = equalizeValues(changed, calibration, name);
      continue;
    }
    branch.layers.slice(0, -1).forEach(({ activation }, i) => {
      if (activation === 'gelu') return;
      const [first, next] = [`${name}.linear${i}`, `${name}.linear${i + 1}`];
      const peaks = channelPeaks(channelsOf(calibration, first));
      changed = pair(changed, first, next, peaks);
    });
  }
  return changed;
}

function equalizeScores(parameters: Parameters, calibration: Calibration, name: string) {
  const peaks = (part: string) => channelPeaks(channelsOf(calibration, `${name}.${part}`));
  const [queries, keys] = [peaks('query'), peaks('key')];
  const factors = queries.map((q, c) => balance(keys[c] as number, q));
  const inverse = factors.map((t) => 1 / t);
  return scaleRows(scaleRows(parameters, `${name}.query`, factors), `${name}.key`, inverse);
}

function equalizeValues(parameters: Parameters, calibration: Calibration, name: string) {
  const { min, max } = channelsOf(calibration, `${name}.value`);
  const middles = Array.from(min, (low, c) => (low + (max[c] as number)) / 2);
  const centred = moveMiddles(parameters, name, middles);
  const peaks = Array.from(min, (low, c) => ((max[c] as number) - low) / 2);
  return pair(centred, `${name}.value`, `${name}.output`, peaks);
}

/** `b_v' = b_v - m`, `b_o' = b_o + W_o m` */
function moveMiddles(parameters: Parameters, name: string, middles: readonly number[]) {
  const changed = new Map(parameters);
  const value = parameter(parameters, `${name}.value.bias`);
  const output = parameter(parameters, `${name}.output.bias`);
  const { data } = parameter(parameters, `${name}.output.weight`);
  const width = middles.length;
  changed.set(`${name}.value.bias`, {
    shape: value.shape,
    data: Float32Array.from(value.data, (b, c) => b - (middles[c] as number)),
  });
  changed.set(`${name}.output.bias`, {
    shape: output.shape,
    data: Float32Array.from(output.data, (b, n) =>
      middles.reduce((sum, m, c) => sum + (data[n * width + c] as number) * m, b),
    ),
  });
  return changed;
}

/** Rows of `first`, whose outputs reach `peaks`, against the columns of `next`. */
function pair(parameters: Parameters, first: string, next: string, peaks: readonly number[]) {
  const columns = columnPeaks(parameters, [next]);
  const factors = peaks.map((peak, c) => balance(columns[c] as number, peak));
  const inverse = factors.map((t) => 1 / t);
  return scaleColumns(scaleRows(parameters, first, factors), next, inverse);
}

/** What makes a range of `other * t` as wide as one of `wanted / t`. */
function balance(wanted: number, other: number): number {
  return wanted > 0 && other > 0 ? bounded(Math.sqrt(wanted / other)) : 1;
}
