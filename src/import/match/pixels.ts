import { broadcastIndices } from '../graph/shapes.ts';
import { type Constant, type Operation, sourceIndex, type View } from '../graph/value.ts';
import { bare, through, viewAndConstant } from './views.ts';

/** The image under arithmetic by channel: `pixel * scale[channel] + shift[channel]`. */
export interface Pixels {
  /** Of the image itself. */
  readonly view: View;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  /** With the quantizer nearest to the reader, or none. */
  readonly quantized: View;
}

/**
 * The image, with the normalization of its pixels that some models hold inside; null when the view
 * is something else. It becomes part of the patch embedding.
 */
export function pixelsOf(given: View): Pixels | null {
  const view = bare(given);
  const { base } = view;
  if (base.type === 'Input') {
    const channels = base.shape[1] as number;
    return {
      view,
      scale: new Float64Array(channels).fill(1),
      shift: new Float64Array(channels),
      quantized: given,
    };
  }
  const pair = viewAndConstant(base);
  const inner = pair && pixelsOf(through(view, pair[0]));
  const values = inner && perChannel(base, view, inner, pair[1]);
  if (!inner || !values) return null;
  const onTheRight = base.operands[0] === pair[0];
  const { scale, shift } = inner;
  const both = (f: (x: number, c: number) => number) => ({
    ...inner,
    quantized: given,
    scale: scale.map(f),
    shift: shift.map(f),
  });
  switch (base.type) {
    case 'Mul':
      return both((x, c) => x * (values[c] as number));
    case 'Div':
      return onTheRight ? both((x, c) => x / (values[c] as number)) : null;
    case 'Add':
      return { ...inner, quantized: given, shift: shift.map((x, c) => x + (values[c] as number)) };
    case 'Sub': {
      const sign = onTheRight ? 1 : -1;
      return {
        ...inner,
        quantized: given,
        scale: scale.map((x) => sign * x),
        shift: shift.map((x, c) => sign * (x - (values[c] as number))),
      };
    }
    default:
      return null;
  }
}

/** The constant's value for each channel of the image; null when it differs within one. */
function perChannel(base: Operation, view: View, inner: Pixels, constant: Constant) {
  const { shape } = inner.view.base;
  const plane = (shape[2] as number) * (shape[3] as number);
  const values = new Float64Array(shape[1] as number).fill(Number.NaN);
  const indices = broadcastIndices(constant.shape, base.shape);
  const count = view.map?.length ?? indices.length;
  for (let i = 0; i < count; i++) {
    const channel = Math.floor(sourceIndex(inner.view, i) / plane);
    const value = constant.data[indices[sourceIndex(view, i)] as number] as number;
    if (Number.isNaN(values[channel])) values[channel] = value;
    else if (values[channel] !== value) return null;
  }
  return values;
}
