import { DiagnosticsError, type Place } from '../diagnostics/index.ts';
import type { WeightSource } from '../dsl/design.ts';
import type { Model, Parameters } from '../model/index.ts';
import type { Encoder } from './match/encoder.ts';
import { importOnnx } from './onnx.ts';
import { isQuantized, KEEP_HINT, unsupportedQuantized } from './quantized/index.ts';
import { randomParameters } from './random.ts';

/**
 * The parameters that `parameterShapes(model)` lists, from a design's weight source. Throws
 * `DiagnosticsError` (VT2xx) when the source does not give them.
 *
 * @param folder folder of the design, to which a file's path is relative
 * @param place where the design names the source
 */
export function importParameters(
  model: Model,
  source: WeightSource,
  folder: string,
  place?: Place,
): Parameters {
  return source.kind === 'random'
    ? randomParameters(model, source.seed)
    : importOnnx(model, source.file, folder, place).parameters;
}

/** The weights of a design. */
export interface Weights {
  readonly parameters: Parameters;
  /** The file's own quantization, when the design asks for it. */
  readonly encoder: Encoder | null;
}

/**
 * `importParameters` for a design that says whether its file is quantized. Throws `DiagnosticsError`
 * (VT214) when the file is not as the design says, or is quantized in a way that is not built.
 */
export function importWeights(
  model: Model,
  source: WeightSource,
  folder: string,
  fromFile: boolean,
  place?: Place,
): Weights {
  const { parameters, encoder } =
    source.kind === 'random'
      ? { parameters: randomParameters(model, source.seed), encoder: null }
      : importOnnx(model, source.file, folder, place);
  const quantized = encoder !== null && isQuantized(encoder);
  const refuse = (message: string, hint: string): never => {
    const subject = source.kind === 'onnx' ? source.file : 'weights';
    throw new DiagnosticsError([{ code: 'VT214', message, hint, subject, place }]);
  };
  if (quantized && !fromFile) {
    const hint = 'Write quant.onnx() to keep its integers, or give the float model.';
    refuse('The weights file is quantized already, and the design quantizes it again.', hint);
  }
  if (!quantized && fromFile) {
    const hint = 'Write quant.minmax({ ... }), or give a file with QDQ pairs or of QONNX.';
    refuse('The design takes its quantization from a weights file that has none.', hint);
  }
  const reason = encoder && quantized ? unsupportedQuantized(encoder, model) : null;
  if (reason) refuse(`The quantization of the weights file cannot be kept: ${reason}.`, KEEP_HINT);
  return { parameters, encoder: quantized ? encoder : null };
}

export * from './inspect.ts';
export * from './manifest/index.ts';
export * from './onnx.ts';
export { isQuantized, keepQuantization } from './quantized/index.ts';
export * from './random.ts';
