import { createRandom } from '../../arithmetic/index.ts';
import type { QuantSettings } from '../../dsl/design.ts';
import type { Parameters } from '../../model/index.ts';
import {
  activationFormat,
  type Context,
  createContext,
  observed,
  tensor,
  weightFormat,
} from '../context.ts';
import { layerFacts } from '../layer-facts.ts';
import { normReaders } from '../layers.ts';
import { createObservations, type Observations } from '../observations.ts';
import { arrangeRows } from './arrange.ts';
import { awqScaling } from './awq.ts';
import { equalize } from './equalize.ts';
import { type Migration, migrate } from './migrate.ts';
import { bestNoise } from './noise.ts';
import { channelsOf, columnPeaks, reparametrization, smoothing } from './norm-folds.ts';

/**
 * The model with all the folds of a method: the same float function, other parameters; the same
 * observations when there is none. Docs/quantization.md, "Folds".
 */
export function applyFolds(observations: Observations, settings: QuantSettings): Observations {
  const { method } = createContext(observations, settings);
  let folded = observations;
  const renew = (parameters: Parameters) => {
    folded = createObservations(observations.model, parameters, observations.images);
  };
  if (method.equalize) {
    renew(equalize(folded.model, folded.parameters, folded.extremes()));
  }
  if (method.fold.kind !== 'none') renew(foldNorms(createContext(folded, settings)));
  if (method.noise !== undefined) renew(addNoise(createContext(folded, settings), method.noise));
  if (method.rows) renew(arrangeRows(createContext(folded, settings), method.rows));
  return folded;
}

function foldNorms(context: Context): Parameters {
  let parameters = context.parameters;
  for (const [norm, readers] of normReaders(context.model)) {
    // RepQ leaves the last one alone: a row for each image shows too little of its channels.
    if (norm === 'norm' && context.method.fold.kind === 'repq') continue;
    const paths = readers.map(({ path }) => path);
    parameters = migrate(parameters, norm, paths, migrationOf(context, norm, paths));
  }
  return parameters;
}

function migrationOf(context: Context, norm: string, paths: readonly string[]): Migration {
  const { method, calibration, parameters } = context;
  const channels = channelsOf(calibration, norm);
  switch (method.fold.kind) {
    case 'none':
      return { factors: Array.from(channels.min, () => 1) };
    case 'smooth':
      return smoothing(method.fold.alpha, channels, columnPeaks(parameters, paths));
    case 'repq':
      return reparametrization(channels, activationFormat(context, norm));
    case 'awq': {
      const readers = paths.map((path) => ({
        weight: tensor(context, `${path}.weight`),
        format: weightFormat(context, path),
        facts: layerFacts(context, path),
      }));
      return awqScaling(channels, readers, method.weight);
    }
  }
}

function addNoise(context: Context, seed: number): Parameters {
  let parameters = context.parameters;
  const random = createRandom(seed);
  for (const [norm, readers] of normReaders(context.model)) {
    const format = activationFormat(context, norm);
    const affine = observed(context, norm, context.method.range, format);
    const rows = context.observations.details().rows.get(norm);
    const noise = rows && bestNoise(rows, affine, format, random);
    if (!noise) continue;
    const paths = readers.map(({ path }) => path);
    const factors = Array.from(noise, () => 1);
    parameters = migrate(parameters, norm, paths, { factors, shifts: noise });
  }
  return parameters;
}
