import { resolve } from 'node:path';
import { type Place, throwIfAny } from '../diagnostics/index.ts';
import { type FloatTensor, type Model, type Parameters, parameterShapes } from '../model/index.ts';
import { compareWithModel } from './compare.ts';
import { evaluateGraph } from './graph/evaluate.ts';
import { sizeOf } from './graph/value.ts';
import { type Encoder, encoderOf } from './match/encoder.ts';
import type { LayerNorm } from './match/layer-norm.ts';
import type { Linear } from './match/linear.ts';
import { isMismatch } from './match/mismatch.ts';
import { type OnnxGraph, readOnnx } from './onnx/read.ts';
import { createReporter, type Reporter } from './reporter.ts';

/**
 * Reads the parameters of a model from a float ONNX file, by the pattern of the graph and not by
 * names. Throws `DiagnosticsError` (VT201 .. VT212) with all the faults of the step that found some:
 * reading the file, evaluating its nodes, matching the encoder, comparing it with the model.
 *
 * @param file path relative to `folder`, or absolute
 */
export function importOnnx(model: Model, file: string, folder: string, place?: Place): Parameters {
  const reporter = createReporter(file, place);
  const graph = readOnnx(resolve(folder, file), reporter);
  checkFinite(graph, reporter);
  const output = evaluateGraph(graph, model.image, reporter);
  if (sizeOf(output.shape.slice(0, -1)) !== 1) {
    // A reshape to [-1, ..] makes a batch of what is too large for one image.
    const { height, width, channels } = model.image;
    return reporter.fail(
      'VT207',
      `'${file}' makes a result of [${output.shape}] from one image of ${height}x${width}x${channels}.`,
      'The file was exported for another image size or patch.',
    );
  }
  const encoder = encoderOf(output);
  if (isMismatch(encoder)) {
    return reporter.fail(
      'VT212',
      `'${file}' is not a ViT encoder that Vitrum knows: ${encoder.reason}.`,
      'Wanted are patches, residual branches of attention or linear layers behind a LayerNorm, a last LayerNorm and a linear head.',
    );
  }
  compareWithModel(encoder, model, reporter);
  throwIfAny(reporter.faults);
  return parametersOf(encoder, model);
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

function parametersOf(encoder: Encoder, model: Model): Parameters {
  const shapes = parameterShapes(model);
  const parameters = new Map<string, FloatTensor>();
  const put = (path: string, data: Float32Array) => {
    const shape = shapes.get(path);
    if (!shape) throw new Error(`the model has no parameter ${path}`);
    parameters.set(path, { shape, data });
  };
  const pair = (path: string, { weight, bias }: Linear | LayerNorm) => {
    put(`${path}.weight`, weight);
    put(`${path}.bias`, bias);
  };
  const { embedding } = encoder;
  put('patchEmbedding.weight', embedding.weight);
  put('patchEmbedding.bias', embedding.bias);
  if (embedding.classToken) put('classToken', embedding.classToken);
  put('positionEmbedding', embedding.position);
  encoder.branches.forEach((branch, i) => {
    const { name } = model.branches[i] as Model['branches'][number];
    pair(`${name}.norm`, branch.norm);
    if (branch.kind === 'attention') {
      for (const part of ['query', 'key', 'value', 'output'] as const) {
        pair(`${name}.${part}`, branch[part]);
      }
    } else {
      branch.layers.forEach(({ linear }, n) => {
        pair(`${name}.linear${n}`, linear);
      });
    }
  });
  pair('norm', encoder.norm);
  pair('head', encoder.head);
  return parameters;
}
