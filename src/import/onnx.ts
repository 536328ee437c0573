import { resolve } from 'node:path';
import { type Place, throwIfAny } from '../diagnostics/index.ts';
import type { ImageFormat, Model, Parameters } from '../model/index.ts';
import { compareModels } from './compare.ts';
import { evaluateGraph } from './graph/evaluate.ts';
import { sizeOf } from './graph/value.ts';
import { type Encoder, encoderOf } from './match/encoder.ts';
import { isMismatch, type Mismatch } from './match/mismatch.ts';
import { modelOf, parametersOf } from './model.ts';
import { type OnnxGraph, readOnnx } from './onnx/read.ts';
import { createReporter, type Reporter } from './reporter.ts';

/**
 * Reads the parameters of a model from a float ONNX file, by the pattern of the graph and not by
 * names (docs/import.md). Throws `DiagnosticsError` (VT201 .. VT212) with all the faults of the step
 * that found some: reading the file, evaluating its nodes, matching the encoder, comparing it with
 * the model.
 *
 * @param file path relative to `folder`, or absolute
 */
export function importOnnx(
  model: Model,
  file: string,
  folder: string,
  place?: Place,
): { readonly parameters: Parameters; readonly encoder: Encoder } {
  const reporter = createReporter(file, place);
  const encoder = readEncoder(resolve(folder, file), model.image, reporter);
  const found = orRefuse(modelOf(encoder, model.name, model.image), reporter);
  compareModels(found, model, reporter);
  throwIfAny(reporter.faults);
  return { parameters: parametersOf(encoder, model), encoder };
}

/** The encoder that a file holds. Dimensions that the file leaves open are those of `image`. */
export function readEncoder(path: string, image: ImageSize, reporter: Reporter): Encoder {
  return encoderIn(readOnnx(path, reporter), image, reporter);
}

/** The encoder of a graph. Throws `DiagnosticsError` (VT205 .. VT212). */
export function encoderIn(graph: OnnxGraph, image: ImageSize, reporter: Reporter): Encoder {
  checkFinite(graph, reporter);
  const output = evaluateGraph(graph, image, reporter);
  if (sizeOf(output.shape.slice(0, -1)) !== 1) {
    // A reshape to [-1, ..] makes a batch of what is too large for one image.
    const { height, width, channels } = image;
    return reporter.fail(
      'VT207',
      `'${reporter.file}' makes a result of [${output.shape}] from one image of ${height}x${width}x${channels}.`,
      'The file was exported for another image size or patch.',
    );
  }
  return orRefuse(encoderOf(output), reporter);
}

export type ImageSize = Pick<ImageFormat, 'height' | 'width' | 'channels'>;

/** The value, or VT212 with what a ViT encoder has not. */
export function orRefuse<T extends object>(value: T | Mismatch, reporter: Reporter): T {
  if (!isMismatch(value)) return value;
  return reporter.fail(
    'VT212',
    `'${reporter.file}' is not a ViT encoder that Vitrum knows: ${value.reason}.`,
    'Wanted are patches, residual branches of attention or linear layers with a LayerNorm each, and a linear head of one token or of the mean.',
  );
}

/** Weights that the graph uses must be finite numbers. */
function checkFinite(graph: OnnxGraph, reporter: Reporter): void {
  const used = new Set(graph.nodes.flatMap((node) => node.inputs));
  for (const [name, { data }] of graph.initializers) {
    let count = 0;
    for (const value of data) if (!Number.isFinite(value)) count++;
    if (count > 0 && used.has(name)) {
      const sentence = `${count} of the ${data.length} values of the initializer '${name}' are NaN or infinite.`;
      reporter.add('VT206', sentence, 'Export the weights of a training run that converged.');
    }
  }
  throwIfAny(reporter.faults);
}
