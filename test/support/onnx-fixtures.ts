import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFault, openArrays } from '../../src/arrays/index.ts';
import { argMax, frameCodes, goldenResult, prepareGolden } from '../../src/golden/index.ts';
import type { Encoder } from '../../src/import/match/encoder.ts';
import { isMismatch } from '../../src/import/match/mismatch.ts';
import { modelOf, parametersOf } from '../../src/import/model.ts';
import { readEncoder } from '../../src/import/onnx.ts';
import { createReporter } from '../../src/import/reporter.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import type { Model, Parameters } from '../../src/model/index.ts';

/** The models that python/fixtures writes, with what ONNX Runtime makes of the shared images. */
export const fixtureFolder = fileURLToPath(new URL('../import/fixtures/', import.meta.url));

export interface FixtureRecord {
  readonly model: string;
  readonly exporter: string;
  readonly opset: number;
  readonly channels: number;
  /** How a quantized fixture was made. */
  readonly quantized?: string | undefined;
  readonly accuracy: number;
  readonly logits: readonly (readonly number[])[];
}

export function fixtureNames(): string[] {
  return readdirSync(fixtureFolder)
    .filter((file) => file.endsWith('.onnx'))
    .map((file) => file.replace('.onnx', ''))
    .sort();
}

/** Those that were not quantized when they were exported. */
export function floatFixtures(): string[] {
  return fixtureNames().filter((name) => fixtureRecord(name).quantized === undefined);
}

export function fixtureRecord(name: string): FixtureRecord {
  return JSON.parse(readFileSync(join(fixtureFolder, `${name}.json`), 'utf8')) as FixtureRecord;
}

/** The shared images: bytes `[row][column][channel]` each, and their classes. */
export function fixtureImages(channels: number): { images: Uint8Array[]; labels: number[] } {
  const archive = openArrays(join(fixtureFolder, `images${channels}.npz`));
  if (isFault(archive)) throw new Error(archive.fault);
  const [images, labels] = ['images', 'labels'].map((name) => {
    const array = archive.read(name);
    if (isFault(array)) throw new Error(array.fault);
    return array;
  });
  if (!images || !labels) throw new Error('the images have no labels');
  const size = images.data.length / labels.data.length;
  return {
    images: Array.from(labels.data, (_, i) =>
      Uint8Array.from(images.data.subarray(i * size, (i + 1) * size)),
    ),
    labels: Array.from(labels.data),
  };
}

/** What was done to the pixels before the network. */
export const FIXTURE_MEAN = 0.5;
export const FIXTURE_STD = 0.25;
export const FIXTURE_SIDE = 16;

export function importFixture(name: string): {
  model: Model;
  parameters: Parameters;
  encoder: Encoder;
} {
  const { channels } = fixtureRecord(name);
  const reporter = createReporter(`${name}.onnx`);
  const image = { height: FIXTURE_SIDE, width: FIXTURE_SIDE, channels };
  const encoder = readEncoder(join(fixtureFolder, `${name}.onnx`), image, reporter);
  const all = (value: number) => Array<number>(channels).fill(value);
  const model = modelOf(encoder, 'fixture', { mean: all(FIXTURE_MEAN), std: all(FIXTURE_STD) });
  if (isMismatch(model)) throw new Error(model.reason);
  return { model, encoder, parameters: parametersOf(encoder, model) };
}

/** 10 log10 of the power of the wanted values over that of the difference. */
export function decibelsOf(found: readonly number[], wanted: readonly number[]): number {
  const signal = wanted.reduce((sum, v) => sum + v * v, 0);
  const noise = found.reduce((sum, v, i) => sum + (v - (wanted[i] ?? Number.NaN)) ** 2, 0);
  return 10 * Math.log10(signal / noise);
}

/** A graph's golden model beside the reference's logits, on the first of the shared images. */
export function besideReference(name: string, graph: IntegerGraph, count: number) {
  const { channels, logits } = fixtureRecord(name);
  const images = fixtureImages(channels).images.slice(0, Math.min(count, logits.length));
  const wanted = logits.slice(0, images.length);
  const run = prepareGolden(graph, 'result');
  const scale = graph.nodes.at(-1)?.output.scale ?? Number.NaN;
  const codes = images.map((image) => goldenResult(graph, run(frameCodes(graph.input, image))));
  const agreeing = codes.filter((c, i) => argMax(c) === argMax(wanted[i] ?? [])).length;
  const found = codes.flatMap((c) => Array.from(c, (v) => v * scale));
  return { images, agreeing, decibels: decibelsOf(found, wanted.flat()), wanted: wanted.flat() };
}
