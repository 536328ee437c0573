import { roundHalfEven } from '../../arithmetic/index.ts';
import { intAttribute, stringAttribute } from './attributes.ts';
import type { Evaluation, Evaluator } from './evaluator.ts';
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
 * Quantizers become operations `FakeQuant` on data, which matching looks through, and constants with
 * their integers on weights. A QuantizeLinear is `Quantize` until its DequantizeLinear is met.
 */

/** Steps and zero points by element of a constant. */
interface Grid {
  readonly scale: (i: number) => number;
  readonly zero: (i: number) => number;
}

/** One value for all elements, or one for each position along an axis. */
function gridOf(
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

interface Quantizer {
  readonly scale: Constant;
  readonly zero: Constant | null;
}

/** Scale and zero point of a node, checked. */
function quantizerOperands([, scale, zero]: readonly (Value | null)[]): Quantizer | NodeFault {
  if (scale?.kind !== 'constant') {
    return unsupported('its scale depends on the data, which dynamic quantization does');
  }
  if (zero && zero.kind !== 'constant') return unsupported('its zero point depends on the data');
  if (scale.data.some((s) => !(s > 0 && Number.isFinite(s)))) {
    return unsupported(`its scale is ${scale.data.find((s) => !(s > 0))}, not above 0`);
  }
  return { scale, zero: zero?.kind === 'constant' ? zero : null };
}

const UINT8 = { low: 0, high: 255 };

/** A tensor on data has one scale: a product could not take one for each of its summands. */
function single(x: View, { scale, zero }: Quantizer): Operation['attributes'] | NodeFault {
  const same = scale.data.every((s) => s === scale.data[0]);
  const sameZero = !zero || zero.data.every((z) => z === zero.data[0]);
  if (!same || !sameZero) {
    return unsupported(`it quantizes data of [${x.shape}] with ${scale.data.length} scales`);
  }
  const { low, high } = zero?.range ?? UINT8;
  return { scale: scale.data[0] as number, zero: zero?.data[0] ?? 0, low, high };
}

const quantizeLinear: Evaluator = (node, operands, evaluation) => {
  const [x] = operands;
  const quantizer = quantizerOperands(operands);
  if ('kind' in quantizer) return quantizer;
  if (!x) return unsupported('its operand is missing');
  const { low, high } = quantizer.zero?.range ?? UINT8;
  if (x.kind === 'constant') {
    const grid = gridOf(x.shape, intAttribute(node, 'axis', 1), quantizer.scale, quantizer.zero);
    if ('kind' in grid) return grid;
    const data = Float64Array.from(x.data, (v, i) =>
      Math.min(high, Math.max(low, roundHalfEven(v / grid.scale(i)) + grid.zero(i))),
    );
    return [
      { kind: 'constant', shape: x.shape, data, integer: true, name: x.name, range: { low, high } },
    ];
  }
  const attributes = single(x, quantizer);
  if ('kind' in attributes) return attributes as NodeFault;
  return [evaluation.operation({ ...node, type: 'Quantize' }, x.shape, [x], attributes)];
};

const dequantizeLinear: Evaluator = (node, operands, evaluation) => {
  const [x] = operands;
  const quantizer = quantizerOperands(operands);
  if ('kind' in quantizer) return quantizer;
  if (!x) return unsupported('its operand is missing');
  if (x.kind === 'constant') {
    const grid = gridOf(x.shape, intAttribute(node, 'axis', 1), quantizer.scale, quantizer.zero);
    return 'kind' in grid ? grid : [dequantized(x, (i) => x.data[i] as number, grid)];
  }
  const { base } = x;
  if (base.type !== 'Quantize') return unsupported('it does not stand behind a QuantizeLinear');
  const { scale, zero } = base.attributes;
  const own = single(x, quantizer);
  if ('kind' in own) return own as NodeFault;
  if (own.scale !== scale || own.zero !== zero) {
    return unsupported(`its scale is ${own.scale}, that of its QuantizeLinear ${scale}`);
  }
  return [fakeQuant(node, x, base.operands, base.attributes, evaluation)];
};

/** The same elements of a quantizer's result as `x` has of its base. */
function fakeQuant(
  node: Parameters<Evaluator>[0],
  x: View,
  operands: readonly Value[],
  attributes: Operation['attributes'],
  evaluation: Evaluation,
): View {
  const type = { ...node, type: 'FakeQuant' };
  const whole = evaluation.operation(type, x.base.shape, operands, attributes);
  return { ...whole, shape: x.shape, map: x.map };
}

/** A constant with its integers, given by their codes before the zero point is taken off. */
function dequantized(x: Constant, code: (i: number) => number, { scale, zero }: Grid): Constant {
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

/** Between a QuantizeLinear and its DequantizeLinear: fewer bits than the type has (QCDQ). */
const clip: Evaluator = (node, [x, low, high], evaluation) => {
  const bound = (value: Value | null | undefined, otherwise: number) =>
    value === null || value === undefined
      ? otherwise
      : value.kind === 'constant'
        ? (value.data[0] ?? otherwise)
        : Number.NaN;
  const [least, most] = [bound(low, -Infinity), bound(high, Infinity)];
  if (!x || Number.isNaN(least) || Number.isNaN(most))
    return unsupported('its bounds are no constants');
  if (x.kind === 'constant') {
    const range = x.range && {
      low: Math.max(least, x.range.low),
      high: Math.min(most, x.range.high),
    };
    return [
      {
        ...x,
        data: x.data.map((v) => Math.min(most, Math.max(least, v))),
        codes: undefined,
        range,
      },
    ];
  }
  const { base } = x;
  if (base.type !== 'Quantize') {
    return unsupported('no part of a ViT encoder that Vitrum builds clips its data');
  }
  const attributes = {
    ...base.attributes,
    low: Math.max(least, base.attributes.low ?? least),
    high: Math.min(most, base.attributes.high ?? most),
  };
  const node2 = { ...node, type: 'Quantize' };
  const whole = evaluation.operation(node2, base.shape, base.operands, attributes);
  return [{ ...whole, shape: x.shape, map: x.map }];
};

const ROUNDINGS: Readonly<Record<string, (x: number) => number>> = {
  ROUND: roundHalfEven,
  HALF_EVEN: roundHalfEven,
  FLOOR: Math.floor,
  CEIL: Math.ceil,
  ROUND_TO_ZERO: Math.trunc,
  DOWN: Math.trunc,
  UP: (x) => Math.sign(x) * Math.ceil(Math.abs(x)),
  HALF_UP: (x) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5),
  HALF_DOWN: (x) => Math.sign(x) * Math.ceil(Math.abs(x) - 0.5),
};

/**
 * QONNX's IntQuant (Quant): `(round(clamp(x / scale + zero, low, high)) - zero) * scale`, the zero
 * point before the clamp and the clamp before the rounding.
 */
const intQuant: Evaluator = (node, operands, evaluation) => {
  const [x, , , width] = operands;
  const quantizer = quantizerOperands(operands);
  if ('kind' in quantizer) return quantizer;
  const bits = width?.kind === 'constant' ? width.data[0] : undefined;
  if (!x || bits === undefined || !Number.isInteger(bits) || bits < 1 || bits > 32) {
    return unsupported(`its number of bits is ${bits ?? 'no constant'}`);
  }
  const signed = intAttribute(node, 'signed', 1) !== 0;
  const narrow = intAttribute(node, 'narrow', 0) !== 0 ? 1 : 0;
  const low = signed ? -(2 ** (bits - 1)) + narrow : 0;
  const high = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1 - narrow;
  const mode = stringAttribute(node, 'rounding_mode', 'ROUND').toUpperCase();
  const round = ROUNDINGS[mode];
  if (!round) return unsupported(`its rounding mode is '${mode}'`);
  const { scale, zero } = quantizer;
  if (zero?.data.some((z) => !Number.isInteger(z))) {
    return unsupported(
      `its zero point ${zero.data.find((z) => !Number.isInteger(z))} is no integer`,
    );
  }
  if (x.kind === 'view') {
    if (round !== roundHalfEven) return unsupported(`it rounds data by '${mode}'`);
    const own = single(x, quantizer);
    if ('kind' in own) return own as NodeFault;
    const type = { ...node, type: 'FakeQuant' };
    return [evaluation.operation(type, x.shape, [x], { ...own, low, high })];
  }
  const grid = broadcastGrid(x, scale, zero);
  if ('kind' in grid) return grid;
  const code = (i: number) => {
    const wanted = (x.data[i] as number) / grid.scale(i) + grid.zero(i);
    return round(Math.min(high, Math.max(low, wanted)));
  };
  return [dequantized(x, code, grid)];
};

/** QONNX gives scales in the weight's rank, with 1 along the axes that share one. */
function broadcastGrid(x: Constant, scale: Constant, zero: Constant | null): Grid | NodeFault {
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

/** QONNX's BipolarQuant: `scale` with the sign of `x`, 0 counted as positive. */
const bipolarQuant: Evaluator = (_node, operands) => {
  const [x, scale] = operands;
  if (x?.kind !== 'constant' || scale?.kind !== 'constant') {
    return unsupported('it makes data bipolar, and only weights may be');
  }
  const grid = broadcastGrid(x, scale, null);
  return 'kind' in grid
    ? grid
    : [dequantized(x, (i) => ((x.data[i] as number) >= 0 ? 1 : -1), grid)];
};

const trunc: Evaluator = () =>
  unsupported('it drops bits of an accumulator, which no product of a ViT encoder does here');

/** Operators of quantization, by type. */
export const QUANTIZERS: Readonly<Record<string, Evaluator>> = {
  BipolarQuant: bipolarQuant,
  Clip: clip,
  DequantizeLinear: dequantizeLinear,
  IntQuant: intQuant,
  Quant: intQuant,
  QuantizeLinear: quantizeLinear,
  Trunc: trunc,
};

/** Domains of QONNX, today's and those before it. */
export const QONNX_DOMAINS = ['qonnx.custom_op.general', 'onnx.brevitas', 'finn.custom_op.general'];
/** Operators that are known in these domains alone. */
export const QONNX_OPERATORS = ['BipolarQuant', 'IntQuant', 'Quant', 'Trunc'];
