import type { Context } from './context.ts';
import { linearLayers } from './layers.ts';
import { cholesky, inverse, type Matrix, secondMoments } from './linear-algebra.ts';
import type { Rows } from './observations.ts';

/** What is known of a layer's input, made when it is asked for. */
export interface LayerFacts {
  /** Heads that own equal shares of the outputs. */
  readonly heads: number;
  rows(): Rows;
  /** Second moments of the input. */
  moments(): Matrix;
  /** Upper Cholesky factor of the inverse of the damped second moments. */
  gptqFactor(): Matrix;
}

/** Share of the mean of the diagonal that is added to it (GPTQ's own default). */
const DAMPING = 0.01;

export function layerFacts(context: Context, path: string): LayerFacts {
  const layer = linearLayers(context.model).find((l) => l.path === path);
  if (!layer) throw new Error(`the model has no layer ${path}`);
  const rows = () => rowsOf(context, layer.input);
  const moments = () => secondMoments(rows());
  return { heads: layer.heads, rows, moments, gptqFactor: () => gptqFactor(moments()) };
}

function rowsOf(context: Context, name: string): Rows {
  const rows = context.observations.details().rows.get(name);
  if (!rows) throw new Error(`the calibration kept no rows of ${name}`);
  return rows;
}

function gptqFactor({ size, data }: Matrix): Matrix {
  const damped = data.slice();
  let trace = 0;
  for (let i = 0; i < size; i++) trace += data[i * (size + 1)] as number;
  // An input that is always zero has no moments at all; any factor does then.
  const damping = trace > 0 ? (DAMPING * trace) / size : 1;
  for (let i = 0; i < size; i++) {
    damped[i * (size + 1)] = (damped[i * (size + 1)] as number) + damping;
  }
  const { data: lower } = cholesky(inverse({ size, data: damped }));
  const upper = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) upper[i * size + j] = lower[j * size + i] as number;
  }
  return { size, data: upper };
}
