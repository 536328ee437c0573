import type {
  IntegerNode,
  ReciprocalTable,
  ScoresNode,
  SoftmaxNode,
  TensorType,
  WeightedValuesNode,
} from '../../ir/index.ts';
import type { AttentionBranch } from '../../model/index.ts';
import { scoresNode } from '../../quantize/attention.ts';
import { type Context, residualType } from '../../quantize/context.ts';
import { dyadic } from '../../quantize/dyadic.ts';
import { MAX_EPILOGUE_SHIFT } from '../../quantize/linear.ts';
import { softmaxNode } from '../../quantize/softmax.ts';
import type { View } from '../graph/value.ts';
import type { EncoderBranch } from '../match/encoder.ts';
import { tensorQuantizer } from '../match/quantizer.ts';
import { importedLinear, requantization } from './linear.ts';
import { clipTo, probabilityType, typeOf } from './types.ts';

type Attention = Extract<EncoderBranch, { kind: 'attention' }>;

/** The nodes of an attention between what it reads and its sum with the residual stream. */
export function importedAttention(
  context: Context,
  branch: Attention,
  described: AttentionBranch,
  input: TensorType,
  stream: TensorType,
): readonly IntegerNode[] {
  const { name } = described;
  const { heads, views, factors } = branch;
  const shape = [context.tokens, branch.query.out];
  const projection = (part: 'query' | 'key' | 'value') => {
    const path = `${name}.${part}`;
    const output = typeOf(context, views[part], path, shape);
    // A float tensor has the scale of the layer itself, without the factor.
    const factor = tensorQuantizer(views[part]) ? factors[part] : 1;
    const requantized = clipTo(views[part], output);
    const node = importedLinear(context, path, branch[part], input, output, {
      requantized,
      factor,
    });
    return { node, type: output, factor };
  };
  const [query, key, value] = [projection('query'), projection('key'), projection('value')];
  const scores = scoresOf(context, branch, described, query, key);
  const softmax = softmaxOf(context, `${name}.probabilities`, scores.output, views.probabilities);
  const weightedType = typeOf(context, branch.output.x, `${name}.weighted`, shape);
  const factor = (softmax.output.scale * value.type.scale) / weightedType.scale;
  const weighted: WeightedValuesNode = {
    kind: 'weightedValues',
    output: weightedType,
    probability: softmax.output.name,
    value: value.type.name,
    heads,
    ...requantization(clipTo(branch.output.x, weightedType), factor),
  };
  const sum = residualType(context, name, context.tokens);
  const path = `${name}.output`;
  const last = importedLinear(context, path, branch.output, weightedType, sum, { skip: stream });
  return [query.node, key.node, value.node, scores, softmax, weighted, last];
}

function softmaxOf(context: Context, name: string, scores: TensorType, view: View): SoftmaxNode {
  const node = softmaxNode(context, name, scores, probabilityType(view));
  const offset = tensorQuantizer(view)?.offset ?? 0;
  if (offset === 0) return node;
  const moved = (part: ReciprocalTable) => ({
    ...part,
    bias: part.bias + Math.floor(offset * 2 ** part.shift),
  });
  return { ...node, one: moved(node.one), two: moved(node.two) };
}

interface Part {
  readonly type: TensorType;
  /** What the tensor holds, as a multiple of what its layer gives. */
  readonly factor: number;
}

function scoresOf(
  context: Context,
  { views, factors }: Attention,
  described: AttentionBranch,
  query: Part,
  key: Part,
): ScoresNode {
  const quantizer = tensorQuantizer(views.scores);
  const own = scoresNode(context, described, query.type, key.type);
  const scale = quantizer?.scale ?? own.output.scale;
  // What the tensors do not hold of 1/sqrt(d) is multiplied in behind the product.
  const rest = (factors.query / query.factor) * (factors.key / key.factor) * factors.scores;
  const factor = (query.type.scale * key.type.scale * rest) / scale;
  if (!quantizer) return { ...own, ...dyadic(factor, MAX_EPILOGUE_SHIFT) };
  const output = { ...own.output, format: quantizer.format, scale };
  return { ...own, ...requantization(clipTo(views.scores, output), factor), output };
}
