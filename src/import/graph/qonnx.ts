import { roundHalfEven } from '../../arithmetic/index.ts';
import { intAttribute, stringAttribute } from './attributes.ts';
import type { Evaluation, Evaluator } from './evaluator.ts';
import { broadcastGrid, dequantized, quantizerOperands, single } from './grids.ts';
import { type NodeFault, type Operation, unsupported, type Value, type View } from './value.ts';

/*
 * QONNX's quantizers. Each adds the zero point, clamps and then rounds; its bounds are integers, so
 * that clamping first or last is the same.
 */

const halfUp = (x: number) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
const halfDown = (x: number) => Math.sign(x) * Math.ceil(Math.abs(x) - 0.5);

const ROUNDINGS: Readonly<Record<string, (x: number) => number>> = {
  ROUND: roundHalfEven,
  HALF_EVEN: roundHalfEven,
  FLOOR: Math.floor,
  CEIL: Math.ceil,
  ROUND_TO_ZERO: Math.trunc,
  DOWN: Math.trunc,
  UP: (x) => Math.sign(x) * Math.ceil(Math.abs(x)),
  HALF_UP: halfUp,
  HALF_DOWN: halfDown,
};

/** Less than half a step by a share that is nothing beside it, and more than the bias of a sum errs. */
const ALMOST_HALF = 1 / 2 - 2 ** -12;

/**
 * What is added to a value, in steps, so that rounding half up does as a mode does: modes that differ
 * at ties alone are one, since sums of products do not lie on ties.
 */
const OFFSETS: Readonly<Record<string, number>> = {
  ROUND: 0,
  HALF_EVEN: 0,
  HALF_UP: 0,
  HALF_DOWN: 0,
  FLOOR: -1 / 2,
  CEIL: ALMOST_HALF,
};

interface Rounding {
  readonly name: string;
  readonly round: (x: number) => number;
}

function roundingOf(node: Parameters<Evaluator>[0], otherwise: string): Rounding | NodeFault {
  const name = stringAttribute(node, 'rounding_mode', otherwise).toUpperCase();
  const round = ROUNDINGS[name];
  return round ? { name, round } : unsupported(`its rounding mode is '${name}'`);
}

function unsupportedRounding(name: string): NodeFault {
  return unsupported(
    `it rounds data by '${name}', which depends on the sign; ROUND, FLOOR and CEIL are built`,
  );
}

/** Least and largest code of so many bits. */
function rangeOf(node: Parameters<Evaluator>[0], bits: number) {
  const signed = intAttribute(node, 'signed', 1) !== 0;
  const narrow = intAttribute(node, 'narrow', 0) !== 0 ? 1 : 0;
  return signed
    ? { low: -(2 ** (bits - 1)) + narrow, high: 2 ** (bits - 1) - 1, signed }
    : { low: 0, high: 2 ** bits - 1 - narrow, signed };
}

/** The number that an operand holds, of bits or the like. */
function bitsOf(value: Value | null | undefined): number | NodeFault {
  const bits = value?.kind === 'constant' ? value.data[0] : undefined;
  const legal = bits !== undefined && Number.isInteger(bits) && bits >= 1 && bits <= 32;
  return legal ? bits : unsupported(`its number of bits is ${bits ?? 'no constant'}`);
}

const isFault = (value: object | number): value is NodeFault =>
  typeof value === 'object' && 'kind' in value && value.kind === 'fault';

/** `(round(clamp(x / scale + zero, low, high)) - zero) * scale` */
const intQuant: Evaluator = (node, operands, evaluation) => {
  const [x, , , width] = operands;
  const quantizer = quantizerOperands(operands);
  if (isFault(quantizer)) return quantizer;
  const bits = bitsOf(width);
  if (!x || isFault(bits)) return isFault(bits) ? bits : unsupported('its operand is missing');
  const { low, high, signed } = rangeOf(node, bits);
  // One signed bit is a sign, as QONNX executes it.
  if (bits === 1 && signed) return bipolarQuant(node, operands, evaluation);
  const rounding = roundingOf(node, 'ROUND');
  if (isFault(rounding)) return rounding;
  const { scale, zero } = quantizer;
  const fraction = zero?.data.find((z) => !Number.isInteger(z));
  if (fraction !== undefined) return unsupported(`its zero point ${fraction} is no integer`);
  if (x.kind === 'view') {
    const offset = OFFSETS[rounding.name];
    if (offset === undefined) return unsupportedRounding(rounding.name);
    const own = single(x, quantizer);
    if (isFault(own)) return own;
    return [fakeQuant(evaluation, node, x, { ...own, low, high, offset })];
  }
  const grid = broadcastGrid(x, scale, zero);
  if (isFault(grid)) return grid;
  const code = (i: number) => {
    const wanted = (x.data[i] as number) / grid.scale(i) + grid.zero(i);
    return rounding.round(Math.min(high, Math.max(low, wanted)));
  };
  return [dequantized(x, code, grid)];
};

function fakeQuant(
  evaluation: Evaluation,
  node: Parameters<Evaluator>[0],
  x: View,
  { offset = 0, ...attributes }: Operation['attributes'],
): View {
  const all = offset === 0 ? attributes : { ...attributes, offset };
  return evaluation.operation({ ...node, type: 'FakeQuant' }, x.shape, [x], all);
}

/** `scale` with the sign of `x`, 0 counted as positive. */
const bipolarQuant: Evaluator = (node, operands, evaluation) => {
  const [x] = operands;
  const quantizer = quantizerOperands(operands.slice(0, 2));
  if (isFault(quantizer)) return quantizer;
  if (!x) return unsupported('its operand is missing');
  if (x.kind === 'view') {
    const own = single(x, quantizer);
    if (isFault(own)) return own;
    return [fakeQuant(evaluation, node, x, { ...own, low: -1, high: 1, sign: 1 })];
  }
  const grid = broadcastGrid(x, quantizer.scale, null);
  return isFault(grid)
    ? grid
    : [dequantized(x, (i) => ((x.data[i] as number) >= 0 ? 1 : -1), grid)];
};

/** What a Trunc drops and keeps. */
interface Truncation {
  /** Bits that are dropped, of so many. */
  readonly bits: number;
  readonly before: number;
  /** Of its result, over that of its operand. */
  readonly factor: number;
  /** Codes of the result, where it clamps. */
  readonly range: { readonly low: number; readonly high: number } | null;
}

/**
 * Drops low bits of codes: `(round(clamp(rint(x / scale + zero) / 2^bits)) - zero') * scale'`. With
 * five operands (version 1 of the operator) `scale'` and `zero'` are those of the operand and nothing
 * is clamped, so that the value shrinks by `2^bits`; with six it is `outputScale` and
 * `zero / 2^bits`.
 */
const trunc: Evaluator = (node, operands, evaluation) => {
  const [x] = operands;
  const quantizer = quantizerOperands(operands);
  if (isFault(quantizer)) return quantizer;
  const truncation = truncationOf(node, operands, quantizer.scale.data[0] as number);
  if (isFault(truncation)) return truncation;
  const rounding = roundingOf(node, 'FLOOR');
  if (isFault(rounding)) return rounding;
  if (!x) return unsupported('its operand is missing');
  const { bits, factor, range } = truncation;
  const zero = quantizer.zero?.data.find((z) => z !== 0);
  if (zero !== undefined) return unsupported(`its zero point is ${zero}, and 0 is built`);
  const own = single(x, quantizer);
  if (isFault(own)) return own;
  const { scale = 1 } = own;
  if (x.kind === 'view') return truncatedView(node, x, scale, truncation, rounding, evaluation);
  const code = (i: number) => {
    const kept = roundHalfEven((x.data[i] as number) / scale) / 2 ** bits;
    return rounding.round(range ? Math.min(range.high, Math.max(range.low, kept)) : kept);
  };
  return [dequantized(x, code, { scale: () => scale * factor, zero: () => 0 })];
};

function truncationOf(
  node: Parameters<Evaluator>[0],
  operands: readonly (Value | null)[],
  scale: number,
): Truncation | NodeFault {
  const [, , , before, fifth, sixth] = operands;
  const given = bitsOf(before);
  if (isFault(given)) return given;
  if (operands.length < 6) {
    const kept = bitsOf(fifth);
    if (isFault(kept)) return kept;
    return kept <= given
      ? { bits: given - kept, before: given, factor: 1, range: null }
      : unsupported(`it truncates ${given} bits to ${kept}`);
  }
  const outputScale = fifth?.kind === 'constant' ? (fifth.data[0] as number) : Number.NaN;
  const bits = Math.round(Math.log2(outputScale / scale));
  const kept = bitsOf(sixth);
  if (isFault(kept)) return kept;
  if (!(bits >= 0)) return unsupported(`its output scale is ${outputScale}, its scale ${scale}`);
  const { low, high } = rangeOf(node, kept);
  return { bits, before: given, factor: outputScale / scale, range: { low, high } };
}

/**
 * The dropped bits and the rounding before them as one rounding of the operand: `floor(rint(v) / 2^b)`
 * is `floor(v / 2^b + 2^-(b+1))`, but for ties of `rint`.
 */
function truncatedView(
  node: Parameters<Evaluator>[0],
  x: View,
  scale: number,
  { bits, before, factor, range }: Truncation,
  { name, round }: Rounding,
  evaluation: Evaluation,
): Value[] | NodeFault {
  const finest = 2 ** -(bits + 1);
  const offset = bits === 0 ? 0 : { FLOOR: finest - 1 / 2, CEIL: ALMOST_HALF - finest }[name];
  if (offset === undefined) {
    return unsupported(`it truncates data by '${name}'; FLOOR and CEIL are built`);
  }
  const inner = x.base.type === 'FakeQuant' ? x.base.attributes : null;
  if (inner?.sign) return unsupported('it truncates signs');
  if (inner && (inner.scale !== scale || inner.zero !== 0)) {
    return unsupported(`its scale is ${scale}, that of the quantizer before it ${inner.scale}`);
  }
  const { low = -(2 ** (before - 1)), high = 2 ** (before - 1) - 1 } = inner ?? {};
  const codes = range ?? { low: round(low / 2 ** bits), high: round(high / 2 ** bits) };
  // What shrinks the value is a multiplication of its own, which matching takes into account.
  const shrink = factor / 2 ** bits;
  const shrunk = shrink === 1 ? x : times(node, x, shrink, evaluation);
  const { low: least, high: most } = codes;
  const attributes = { scale: scale * factor, zero: 0, low: least, high: most, offset };
  return [fakeQuant(evaluation, node, shrunk, attributes)];
}

function times(node: Parameters<Evaluator>[0], x: View, factor: number, evaluation: Evaluation) {
  const data = Float64Array.of(factor);
  const constant: Value = { kind: 'constant', shape: [], data, integer: false, name: '' };
  return evaluation.operation({ ...node, type: 'Mul' }, x.shape, [x, constant]);
}

export const QONNX = {
  BipolarQuant: bipolarQuant,
  IntQuant: intQuant,
  Quant: intQuant,
  Trunc: trunc,
} as const;

/** Domains of QONNX, today's and those before it. */
export const QONNX_DOMAINS = ['qonnx.custom_op.general', 'onnx.brevitas', 'finn.custom_op.general'];
/** Operators that are known in these domains alone. */
export const QONNX_OPERATORS: readonly string[] = Object.keys(QONNX);
