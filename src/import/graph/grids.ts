import { normalizeAxis, stridesOf } from './shapes.ts';
import {
  type Constant,
  type NodeFault,
  type Operation,
  unsupported,
  type Value,
  type View,
  wrongShape,
} from './value.ts';

/*
 * Scales and zero points, as all forms of quantization have them: for each element of a constant,
 * and one of each for data.
 */

/** Steps and zero points by element of a constant. */
export interface Grid {
  readonly scale: (i: number) => number;
  readonly zero: (i: number) => number;
}

/** One value for all elements, or one for each position along an axis. */
export function gridOf(
  shape: readonly number[],
  axis: number,
  scale: Constant,
  zero: Constant | null,
): Grid | NodeFault {
  const along = normalizeAxis(axis, Math.max(1, shape.length));
  const size = along === null ? 1 : (shape[along] ?? 1);
  const fits = (c: Constant) =>
    c.data.length === 1 || (c.shape.length <= 1 && c.data.length === size);
  if (!fits(scale) || (zero && !fits(zero))) {
    return unsupported(
      `its scale [${scale.shape}] is neither one value nor one for each of ${size}; scales by groups are not read`,
    );
  }
  const step = along === null ? 1 : (stridesOf(shape)[along] ?? 1);
  const pick = (c: Constant | null) => (i: number) =>
    c === null ? 0 : (c.data[c.data.length === 1 ? 0 : Math.floor(i / step) % size] as number);
  return { scale: pick(scale), zero: pick(zero) };
}

/** QONNX gives scales in the weight's rank, with 1 along the axes that share one. */
export function broadcastGrid(
  x: Constant,
  scale: Constant,
  zero: Constant | null,
): Grid | NodeFault {
  const strides = stridesOf(x.shape);
  const pick = (c: Constant | null) => {
    if (!c) return () => 0;
    if (c.data.length === 1) return () => c.data[0] as number;
    const own = stridesOf(c.shape);
    return (i: number) => {
      let at = 0;
      c.shape.forEach((size, d) => {
        if (size > 1) at += (Math.floor(i / (strides[d] as number)) % size) * (own[d] as number);
      });
      return c.data[at] as number;
    };
  };
  const fits = (c: Constant | null) =>
    !c ||
    c.data.length === 1 ||
    (c.shape.length === x.shape.length && c.shape.every((n, d) => n === 1 || n === x.shape[d]));
  if (!fits(scale) || !fits(zero))
    return wrongShape(`its scale is [${scale.shape}] for [${x.shape}]`);
  return { scale: pick(scale), zero: pick(zero) };
}

export interface Quantizer {
  readonly scale: Constant;
  readonly zero: Constant | null;
}

/** Scale and zero point of a node, checked. */
export function quantizerOperands([, scale, zero]: readonly (Value | null)[]):
  | Quantizer
  | NodeFault {
  if (scale?.kind !== 'constant') {
    return unsupported('its scale depends on the data, which dynamic quantization does');
  }
  if (zero && zero.kind !== 'constant') return unsupported('its zero point depends on the data');
  if (scale.data.some((s) => !(s > 0 && Number.isFinite(s)))) {
    return unsupported(`its scale is ${scale.data.find((s) => !(s > 0))}, not above 0`);
  }
  return { scale, zero: zero?.kind === 'constant' ? zero : null };
}

export const UINT8 = { low: 0, high: 255 };

/** A tensor on data has one scale: a product could not take one for each of its summands. */
export function single(
  x: Pick<View, 'shape'>,
  { scale, zero }: Quantizer,
): Operation['attributes'] | NodeFault {
  const same = scale.data.every((s) => s === scale.data[0]);
  const sameZero = !zero || zero.data.every((z) => z === zero.data[0]);
  if (!same || !sameZero) {
    return unsupported(`it quantizes data of [${x.shape}] with ${scale.data.length} scales`);
  }
  const { low, high } = zero?.range ?? UINT8;
  return { scale: scale.data[0] as number, zero: zero?.data[0] ?? 0, low, high };
}

/** A constant with its integers, given by their codes before the zero point is taken off. */
export function dequantized(
  x: Constant,
  code: (i: number) => number,
  { scale, zero }: Grid,
): Constant {
  const values = Float64Array.from(x.data, (_, i) => code(i) - zero(i));
  const steps = Float64Array.from(x.data, (_, i) => scale(i));
  const data = Float32Array.from(values, (v, i) => v * (steps[i] as number));
  return {
    kind: 'constant',
    shape: x.shape,
    data,
    integer: false,
    name: x.name,
    codes: { values, steps },
  };
}
