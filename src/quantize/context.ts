import type { QuantSettings } from '../dsl/design.ts';
import { plainMethod, type QuantMethod } from '../dsl/quant-method.ts';
import { type NumberFormat, type TensorType, uniform } from '../ir/index.ts';
import { type FloatTensor, type Model, type Parameters, tokenCount } from '../model/index.ts';
import { type Affine, affineFor } from './affine.ts';
import type { Calibration, TensorStatistics } from './calibrate.ts';
import { parameter } from './float-model.ts';
import { activationBits, weightBits } from './layer-bits.ts';
import type { Observations } from './observations.ts';
import { observe } from './observers.ts';
import { scaleFor } from './scale.ts';

/** What every operator's quantizer needs; a value, made once. */
export interface Context {
  readonly model: Model;
  readonly parameters: Parameters;
  readonly observations: Observations;
  readonly calibration: Calibration;
  readonly method: QuantMethod;
  readonly tokens: number;
  readonly activation: NumberFormat;
  readonly residual: NumberFormat;
  readonly weight: NumberFormat;
  /** What the head reads where that is no tensor of its own. */
  readonly endActivation: NumberFormat;
  /** With the bits of single layers. */
  readonly settings: QuantSettings;
}

export function createContext(observations: Observations, settings: QuantSettings): Context {
  const { model, parameters } = observations;
  const { weights, activations, residual, ends, method = plainMethod } = settings;
  return {
    model,
    parameters,
    observations,
    calibration: observations.extremes(),
    method,
    tokens: tokenCount(model),
    activation: uniform(activations),
    residual: uniform(residual),
    weight: uniform(weights),
    endActivation: uniform(ends ?? activations),
    settings,
  };
}

/** Format of the weights of the layer at `path`. */
export function weightFormat({ settings }: Context, path: string): NumberFormat {
  return uniform(weightBits(settings, path));
}

/** Format of an activation; probabilities are unsigned. */
export function activationFormat({ settings }: Context, tensor: string, signed = true) {
  return uniform(activationBits(settings, tensor), signed);
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

/** Whether a tensor's zero point can be folded: not where it meets another activation. */
export type Meets = 'weights' | 'activations';

/** An activation `[rows, channels]` at the step and zero point that the observer chooses. */
export function activationType(
  context: Context,
  name: string,
  shape: readonly number[],
  meets: Meets = 'weights',
  format: NumberFormat = activationFormat(context, name),
): TensorType {
  const { range } = context.method;
  const kind = meets === 'activations' && range === 'asymmetric' ? 'restricted' : range;
  const { scale, zeroPoint } = observed(context, name, kind, format);
  return { name, shape, format, scale, ...(zeroPoint === 0 ? {} : { zeroPoint }) };
}

/** Step and zero point of a tensor by the method's observer. */
export function observed(
  context: Context,
  name: string,
  kind: QuantMethod['range'],
  format: NumberFormat,
): Affine {
  const { observer } = context.method;
  const { min, max, images } = statisticsOf(context, name);
  if (observer.kind === 'minmax') return affineFor({ low: min, high: max }, kind, format);
  if (observer.kind === 'movingAverage') {
    const [low, high] = images.reduce(([l, h], [a, b]) => [
      observer.momentum * l + (1 - observer.momentum) * a,
      observer.momentum * h + (1 - observer.momentum) * b,
    ]);
    return affineFor({ low, high }, kind, format);
  }
  const distribution = context.observations.details().distributions.get(name);
  if (!distribution) throw new Error(`the calibration kept no histogram of ${name}`);
  return observe(observer, distribution, kind, format);
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
