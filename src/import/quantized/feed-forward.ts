import { type IntegerNode, rangeOf, type TensorType } from '../../ir/index.ts';
import type { FeedForwardBranch } from '../../model/index.ts';
import { type Context, residualType, statisticsOf } from '../../quantize/context.ts';
import type { View } from '../graph/value.ts';
import { evaluateActivation } from '../match/activation.ts';
import type { EncoderBranch, EncoderLayer } from '../match/encoder.ts';
import { tensorQuantizer } from '../match/quantizer.ts';
import { bySign, importedLinear, type Requantized } from './linear.ts';
import { clipTo, typeOf } from './types.ts';

/** The layers of a feed-forward branch; the last one's output is the sum with the residual stream. */
export function importedFeedForward(
  context: Context,
  { layers }: Extract<EncoderBranch, { kind: 'feedForward' }>,
  { name }: FeedForwardBranch,
  first: TensorType,
  stream: TensorType,
): readonly IntegerNode[] {
  const nodes: IntegerNode[] = [];
  layers.forEach((layer, i) => {
    const path = `${name}.linear${i}`;
    const input = nodes.at(-1)?.output ?? first;
    const after = layers[i + 1]?.linear.x;
    const output = after
      ? typeOf(context, after, path, [context.tokens, layer.linear.out])
      : residualType(context, name, context.tokens);
    const options = after
      ? { requantized: hidden(context, path, layer, after, output) }
      : { skip: stream };
    nodes.push(importedLinear(context, path, layer.linear, input, output, options));
  });
  return nodes;
}

/** Activation and requantization in one table, exact for the codes that the file has before it. */
function hidden(
  context: Context,
  path: string,
  layer: EncoderLayer,
  after: View,
  output: TensorType,
): Requantized {
  const clipped = clipTo(after, output);
  const { before, activation } = layer;
  if (activation === 'none') return clipped;
  const quantizer = tensorQuantizer(before);
  const codes = tensorQuantizer(after) ?? rangeOf(output.format);
  const tableOf = (samples: Float64Array) =>
    Int32Array.from(evaluateActivation(after, before, samples), (v) =>
      Math.min(codes.high, Math.max(codes.low, Math.round(v / output.scale))),
    );
  // The sign of an activation is that of its argument, or + for all.
  if (quantizer?.sign || (clipped.sign && !quantizer)) {
    const [below = 0, others = 0] = tableOf(
      quantizer ? Float64Array.of(-quantizer.scale, quantizer.scale) : Float64Array.of(-1, 0),
    );
    return bySign(below, others);
  }
  if (activation === 'relu' && !quantizer) return { ...clipped, low: Math.max(0, clipped.low) };
  const { scale, low, high, offset } = quantizer ?? indexOf(context, path);
  const samples = Float64Array.from({ length: high - low + 1 }, (_, i) => (low + i) * scale);
  return { scale, offset, low, high, table: tableOf(samples) };
}

/** Index of an activation that the file keeps in floats: 8 bits over what calibration saw. */
function indexOf(context: Context, path: string) {
  const { min, max } = statisticsOf(context, `${path}.preActivation`);
  const wanted = Math.max(max / 127, Math.max(min, -4.5) / -128);
  return { scale: wanted > 0 ? wanted : 1, offset: 0, low: -128, high: 127 };
}
