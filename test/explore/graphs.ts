import { type CheckedGraph, check } from '../../src/check/index.ts';
import type { Design } from '../../src/dsl/design.ts';
import { type MixedRows, plainMethod } from '../../src/dsl/quant-method.ts';
import { loadImages } from '../../src/images/index.ts';
import { importParameters } from '../../src/import/index.ts';
import { design, noise, quant, random, vit } from '../../src/index.ts';
import { quantize } from '../../src/quantize/index.ts';

/** Models with blocks that repeat and with too few to, with one learned token, two, or none. */
export const models = {
  deep: () =>
    vit({ image: 24, channels: 1, patch: 4, width: 24, depth: 7, heads: 3, mlp: 48, classes: 5 }),
  shallow: () =>
    vit({ image: 16, channels: 3, patch: 4, width: 16, depth: 2, heads: 2, mlp: 40, classes: 10 }),
  mean: () =>
    vit({
      ...{ image: 24, channels: 1, patch: 6, width: 32, depth: 6, heads: 4, mlp: 64, classes: 3 },
      pooling: 'mean',
    }),
} as const;

export function designOf(model: keyof typeof models, weights = 4, activations = 4): Design {
  return design({
    name: model,
    model: models[model](),
    weights: random({ seed: 1 }),
    quant: quant.minmax({ weights, activations }),
    calibration: noise({ count: 1, seed: 1 }),
    target: { board: 'zcu104' },
  });
}

export function graphOf(
  model: keyof typeof models,
  weights: number,
  activations: number,
  { group, rows }: { readonly group?: number | undefined; readonly rows?: MixedRows } = {},
): CheckedGraph {
  const { model: m, weights: w, calibration, quant: q } = designOf(model, weights, activations);
  const weight = { ...plainMethod.weight, ...(group && { granularity: { group } }) };
  const settings = { ...q, method: { ...plainMethod, weight, rows } };
  return check(
    quantize(m, importParameters(m, w, '.'), loadImages(calibration, m, undefined, '.'), settings),
  );
}
