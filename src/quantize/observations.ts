import type { Model, Parameters } from '../model/index.ts';
import { type Calibration, calibrate } from './calibrate.ts';
import {
  addTo,
  createHistogram,
  type Distribution,
  type Histogram,
  ofHistogram,
} from './distribution.ts';
import { runFloatModel } from './float-model.ts';
import { layerInputs } from './layers.ts';

/** Rows of the input of a layer, `[count, width]`, from all the calibration images. */
export interface Rows {
  readonly data: Float32Array;
  readonly width: number;
  readonly count: number;
}

/** What is known only after the extremes are. */
export interface Details {
  readonly distributions: ReadonlyMap<string, Distribution>;
  readonly rows: ReadonlyMap<string, Rows>;
}

/**
 * What the calibration images show of a float model. Each part costs a run over all of them, and is
 * made when it is first asked for.
 */
export interface Observations {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly images: readonly Uint8Array[];
  extremes(): Calibration;
  details(): Details;
}

/** At least so many rows of each input are kept, where there are, and twice its width. */
const ROWS = 1024;

/** Throws like `calibrate`, when something is asked for. */
export function createObservations(
  model: Model,
  parameters: Parameters,
  images: readonly Uint8Array[],
): Observations {
  const extremes = once(() => calibrate(model, parameters, images));
  const details = once(() => detailsOf(model, parameters, images, extremes()));
  return Object.freeze({ model, parameters, images, extremes, details });
}

function detailsOf(
  model: Model,
  parameters: Parameters,
  images: readonly Uint8Array[],
  calibration: Calibration,
): Details {
  const histograms = new Map<string, Histogram>();
  for (const [name, { min, max }] of calibration) histograms.set(name, createHistogram(min, max));
  const inputs = layerInputs(model);
  const kept = new Map<string, Float32Array[]>();
  for (const [index, pixels] of images.entries()) {
    runFloatModel(model, parameters, pixels, (name, data) => {
      const histogram = histograms.get(name);
      if (histogram) addTo(histogram, data);
      const width = inputs.get(name);
      if (width === undefined) return;
      const wanted = Math.ceil(Math.max(ROWS, 2 * width) / images.length);
      kept.set(name, [...(kept.get(name) ?? []), ...rowsOf(data, width, wanted, index)]);
    });
  }
  const rows = [...kept].map(
    ([name, parts]) => [name, join(parts, inputs.get(name) ?? 1)] as const,
  );
  const distributions = [...histograms].map(([name, h]) => [name, ofHistogram(h)] as const);
  return { distributions: new Map(distributions), rows: new Map(rows) };
}

/** Rows spread over the tensor, other ones in each image. */
function rowsOf(data: Float32Array, width: number, wanted: number, index: number): Float32Array[] {
  const rows = data.length / width;
  const count = Math.min(wanted, rows);
  return Array.from({ length: count }, (_, i) => {
    const at = (Math.floor((i * rows) / count) + index) % rows;
    return data.slice(at * width, (at + 1) * width);
  });
}

function join(parts: readonly Float32Array[], width: number): Rows {
  const data = new Float32Array(parts.length * width);
  parts.forEach((part, i) => {
    data.set(part, i * width);
  });
  return { data, width, count: parts.length };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
