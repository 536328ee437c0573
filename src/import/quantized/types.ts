import { type NumberFormat, rangeOf, type TensorType, uniform } from '../../ir/index.ts';
import { activationType, type Context } from '../../quantize/context.ts';
import type { View } from '../graph/value.ts';
import { type TensorQuantizer, tensorQuantizer } from '../match/quantizer.ts';
import { bySign, type Requantized } from './linear.ts';

/** The type of a tensor by the file's quantizer; null where the file keeps it in floats. */
export function fileType(
  quantizer: TensorQuantizer | null,
  name: string,
  shape: readonly number[],
): TensorType | null {
  return quantizer && { name, shape, format: quantizer.format, scale: quantizer.scale };
}

/** The type of a tensor by the file's quantizer, or by calibration where the file has none. */
export function typeOf(
  context: Context,
  view: View,
  name: string,
  shape: readonly number[],
): TensorType {
  return fileType(tensorQuantizer(view), name, shape) ?? activationType(context, name, shape);
}

/** The clip of the file's type, which may be narrower than the format of its codes. */
export function clipTo(view: View, { format, scale }: TensorType): Requantized {
  const quantizer = tensorQuantizer(view);
  if (quantizer?.sign) return bySign(-1, 1);
  const { low, high, offset } = quantizer ?? { ...rangeOf(format), offset: 0 };
  return { scale, offset, low, high, table: null };
}

/** Probabilities are never below 0: the codes of a signed type from its zero point on. */
export function probabilityType(view: View): Pick<TensorType, 'format' | 'scale'> | undefined {
  const quantizer = tensorQuantizer(view);
  if (!quantizer) return undefined;
  return { format: unsignedFormat(quantizer), scale: quantizer.scale };
}

function unsignedFormat({ high }: TensorQuantizer): NumberFormat {
  return uniform(Math.max(2, Math.ceil(Math.log2(high + 1))), false);
}
