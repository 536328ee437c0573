import type { Parameters } from '../../model/index.ts';
import { parameter } from '../float-model.ts';

/** Per channel of a LayerNorm's output: `x' = (x + shift) / factor`. */
export interface Migration {
  readonly factors: ArrayLike<number>;
  readonly shifts?: ArrayLike<number> | undefined;
}

/**
 * Moves factors and shifts of a LayerNorm's channels into the layers that read it, so that the
 * float function stays the same:
 *
 *     gamma' = gamma / r    beta' = (beta + d) / r    W' = W diag(r)    b' = b - W d
 *
 * @param norm path of the LayerNorm, without `.weight`
 * @param readers paths of all the layers that read it
 */
export function migrate(
  parameters: Parameters,
  norm: string,
  readers: readonly string[],
  { factors, shifts }: Migration,
): Parameters {
  const changed = new Map(parameters);
  const set = (path: string, make: (value: number, at: number) => number) => {
    const { shape, data } = parameter(parameters, path);
    changed.set(path, { shape, data: Float32Array.from(data, make) });
  };
  const shiftOf = (c: number) => (shifts ? (shifts[c] as number) : 0);
  const factorOf = (c: number) => factors[c] as number;
  set(`${norm}.weight`, (gamma, c) => gamma / factorOf(c));
  set(`${norm}.bias`, (beta, c) => (beta + shiftOf(c)) / factorOf(c));
  for (const path of readers) {
    const { shape, data } = parameter(parameters, `${path}.weight`);
    const width = shape[1] ?? 0;
    set(`${path}.weight`, (w, at) => w * factorOf(at % width));
    if (!shifts) continue;
    set(`${path}.bias`, (b, n) => {
      let moved = 0;
      for (let c = 0; c < width; c++) moved += (data[n * width + c] as number) * shiftOf(c);
      return b - moved;
    });
  }
  return changed;
}

/** Rows of one layer times `factors`, columns of the next divided by them, or the other way round. */
export function scaleRows(
  parameters: Parameters,
  path: string,
  factors: ArrayLike<number>,
): Parameters {
  const changed = new Map(parameters);
  const weight = parameter(parameters, `${path}.weight`);
  const bias = parameter(parameters, `${path}.bias`);
  const width = weight.shape[1] ?? 1;
  const rowOf = (at: number) => factors[Math.floor(at / width)] as number;
  changed.set(`${path}.weight`, {
    shape: weight.shape,
    data: Float32Array.from(weight.data, (w, at) => w * rowOf(at)),
  });
  changed.set(`${path}.bias`, {
    shape: bias.shape,
    data: Float32Array.from(bias.data, (b, n) => b * (factors[n] as number)),
  });
  return changed;
}

export function scaleColumns(
  parameters: Parameters,
  path: string,
  factors: ArrayLike<number>,
): Parameters {
  const changed = new Map(parameters);
  const { shape, data } = parameter(parameters, `${path}.weight`);
  const width = shape[1] ?? 1;
  changed.set(`${path}.weight`, {
    shape,
    data: Float32Array.from(data, (w, at) => w * (factors[at % width] as number)),
  });
  return changed;
}
