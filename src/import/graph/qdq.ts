import { roundHalfEven } from '../../arithmetic/index.ts';
import { intAttribute } from './attributes.ts';
import type { Evaluation, Evaluator } from './evaluator.ts';
import { dequantized, gridOf, quantizerOperands, single, UINT8 } from './grids.ts';
import { type NodeFault, type Operation, unsupported, type Value, type View } from './value.ts';

/*
 * ONNX's own pair. A QuantizeLinear on data is the operation `Quantize` until its DequantizeLinear
 * is met.
 */

export const quantizeLinear: Evaluator = (node, operands, evaluation) => {
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

export const dequantizeLinear: Evaluator = (node, operands, evaluation) => {
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

/** Between a QuantizeLinear and its DequantizeLinear: fewer bits than the type has (QCDQ). */
export const clip: Evaluator = (node, [x, low, high], evaluation) => {
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
