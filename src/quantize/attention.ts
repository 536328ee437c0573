import {
  type IntegerNode,
  type ScoresNode,
  type TensorType,
  uniform,
  type WeightedValuesNode,
} from '../ir/index.ts';
import type { AttentionBranch } from '../model/index.ts';
import { activationType, type Context, residualType, statisticsOf } from './context.ts';
import { dyadic } from './dyadic.ts';
import { layerNormNode } from './layer-norm.ts';
import { linearNode, MAX_EPILOGUE_SHIFT, zeroPointTerm } from './linear.ts';
import { SCORE_STEP, softmaxNode } from './softmax.ts';

const MIN_SCORE_BITS = 12;
const MAX_SCORE_BITS = 16;
const SCORE_HEADROOM = 1.5;

/** The nodes of an attention branch; the last one's output is the new residual stream. */
export function attentionNodes(
  context: Context,
  branch: AttentionBranch,
  stream: TensorType,
): IntegerNode[] {
  const { name, heads } = branch;
  const shape = [context.tokens, context.model.width];
  const norm = layerNormNode(context, `${name}.norm`, stream, context.tokens);
  const projection = (part: string) =>
    linearNode(
      context,
      `${name}.${part}`,
      norm.output,
      activationType(context, `${name}.${part}`, shape, 'activations'),
    );
  const [query, key, value] = [projection('query'), projection('key'), projection('value')];
  const scores = scoresNode(context, branch, query.output, key.output);
  const softmax = softmaxNode(context, `${name}.probabilities`, scores.output);
  const weightedType = activationType(context, `${name}.weighted`, shape);
  const factor = (softmax.output.scale * value.output.scale) / weightedType.scale;
  const requantization = dyadic(factor, MAX_EPILOGUE_SHIFT);
  const { multiplier, shift } = requantization;
  const zeroPoint = weightedType.zeroPoint ?? 0;
  const weighted: WeightedValuesNode = {
    kind: 'weightedValues',
    output: weightedType,
    probability: softmax.output.name,
    value: value.output.name,
    heads,
    ...requantization,
    ...(zeroPoint === 0 ? {} : { bias: zeroPointTerm(zeroPoint, multiplier, shift) }),
  };
  const output = linearNode(
    context,
    `${name}.output`,
    weighted.output,
    residualType(context, name, context.tokens),
    undefined,
    stream,
  );
  return [norm, query, key, value, scores, softmax, weighted, output];
}

/** Scores in steps of 1/32 nat; the `1/sqrt(d)` of the attention is part of the multiplier. */
function scoresNode(
  context: Context,
  { name, heads }: AttentionBranch,
  query: TensorType,
  key: TensorType,
): ScoresNode {
  const { tokens, model } = context;
  const { peak } = statisticsOf(context, `${name}.scores`);
  const size = model.width / heads;
  let bits = MIN_SCORE_BITS;
  while (bits < MAX_SCORE_BITS && 2 ** (bits - 1) * SCORE_STEP < SCORE_HEADROOM * peak) bits++;
  return {
    kind: 'scores',
    output: {
      name: `${name}.scores`,
      shape: [heads, tokens, tokens],
      format: uniform(bits),
      scale: SCORE_STEP,
    },
    query: query.name,
    key: key.name,
    heads,
    ...dyadic((query.scale * key.scale) / (Math.sqrt(size) * SCORE_STEP), MAX_EPILOGUE_SHIFT),
  };
}
