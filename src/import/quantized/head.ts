import { type LinearNode, type TensorType, uniform } from '../../ir/index.ts';
import { type Context, statisticsOf } from '../../quantize/context.ts';
import { scaleFor } from '../../quantize/scale.ts';
import type { Encoder } from '../match/encoder.ts';
import type { Linear } from '../match/linear.ts';
import { importedLinear } from './linear.ts';

const LOGITS_HEADROOM = 1.5;

/** The head, or both heads of a distilled model as one product over both of their rows. */
export function importedHead(context: Context, { heads }: Encoder, input: TensorType): LinearNode {
  const format = uniform(16);
  const scale = scaleFor(LOGITS_HEADROOM * statisticsOf(context, 'logits').peak, format);
  const logits = { name: 'logits', shape: [1, context.model.classes], format, scale };
  const [first, second] = heads;
  if (!first) throw new Error('the model has no head');
  if (!second) return importedLinear(context, 'head', first, input, logits);
  const node = importedLinear(context, 'head', meanOf(first, second), input, logits);
  return { ...node, join: heads.length };
}

/**
 * The mean of two heads as one layer, `[classes, 2 * width]`. Its integers are those of the file
 * where both heads have the same step for a class; else the layer is quantized anew.
 */
function meanOf(a: Linear, b: Linear): Pick<Linear, 'weight' | 'bias' | 'codes'> {
  const { out, input } = a;
  const joined = <A extends Float32Array | Float64Array>(x: A, y: A, to: A, factor: number): A => {
    for (let n = 0; n < out; n++) {
      for (let k = 0; k < input; k++) {
        to[2 * n * input + k] = (x[n * input + k] as number) * factor;
        to[(2 * n + 1) * input + k] = (y[n * input + k] as number) * factor;
      }
    }
    return to;
  };
  const size = 2 * out * input;
  return {
    weight: joined(a.weight, b.weight, new Float32Array(size), 1 / 2),
    bias: a.bias.map((v, n) => (v + (b.bias[n] as number)) / 2),
    codes:
      a.codes && b.codes
        ? {
            values: joined(a.codes.values, b.codes.values, new Float64Array(size), 1),
            steps: joined(a.codes.steps, b.codes.steps, new Float64Array(size), 1 / 2),
          }
        : null,
  };
}
