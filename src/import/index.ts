import type { Place } from '../diagnostics/index.ts';
import type { WeightSource } from '../dsl/design.ts';
import type { Model, Parameters } from '../model/index.ts';
import { importOnnx } from './onnx.ts';
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
    : importOnnx(model, source.file, folder, place);
}

export * from './inspect.ts';
export * from './manifest/index.ts';
export * from './onnx.ts';
export * from './random.ts';
