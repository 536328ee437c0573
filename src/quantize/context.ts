import type { QuantSettings } from '../dsl/design.ts';
import { type NumberFormat, type TensorType, uniform } from '../ir/index.ts';
import { type FloatTensor, type Model, type Parameters, tokenCount } from '../model/index.ts';
import type { Calibration, TensorStatistics } from './calibrate.ts';
import { parameter } from './float-model.ts';
import { scaleFor } from './scale.ts';

/** What every operator's quantizer needs; a value, made once. */
export interface Context {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly calibration: Calibration;
  readonly tokens: number;
  readonly activation: NumberFormat;
  readonly probability: NumberFormat;
  readonly residual: NumberFormat;
  readonly weight: NumberFormat;
}

export function createContext(
  model: Model,
  parameters: Parameters,
  calibration: Calibration,
  settings: QuantSettings,
): Context {
  return {
    model,
    parameters,
    calibration,
    tokens: tokenCount(model),
    activation: uniform(settings.activations),
    probability: uniform(settings.activations, false),
    residual: uniform(settings.residual),
    weight: uniform(settings.weights),
  };
}

/** Behind the name of activations: the same tokens as a residual stream. */
export const STREAM_SUFFIX = '.stream';

/** The residual stream of unseen images may leave the calibrated range by this factor. */
const RESIDUAL_HEADROOM = 2;
/** Below this many bits a step is worth more than the headroom. */
const HEADROOM_FROM_BITS = 12;

export function statisticsOf(context: Context, name: string): TensorStatistics {
  // A stream that was made from activations holds the same values.
  const seen = name.endsWith(STREAM_SUFFIX) ? name.slice(0, -STREAM_SUFFIX.length) : name;
  const statistics = context.calibration.get(seen);
  if (!statistics) throw new Error(`the calibration saw no tensor ${name}`);
  return statistics;
}

export function tensor(context: Context, path: string): FloatTensor {
  return parameter(context.parameters, path);
}

/** An activation `[rows, channels]` at the scale that its calibrated peak asks for. */
export function activationType(
  context: Context,
  name: string,
  shape: readonly number[],
): TensorType {
  const format = context.activation;
  const scale = scaleFor(statisticsOf(context, name).peak, format);
  return { name, shape, format, scale };
}

/** A tensor of the residual stream, with headroom where its format has bits to spare. */
export function residualType(context: Context, name: string, rows: number): TensorType {
  const format = context.residual;
  const headroom = format.bits >= HEADROOM_FROM_BITS ? RESIDUAL_HEADROOM : 1;
  const scale = scaleFor(headroom * statisticsOf(context, name).peak, format);
  return { name, shape: [rows, context.model.width], format, scale };
}

/** `2^(shift-1)`, the constant that makes an arithmetic right shift round; 0 without a shift. */
export function roundingConstant(shift: number): number {
  return shift > 0 ? 2 ** (shift - 1) : 0;
}
