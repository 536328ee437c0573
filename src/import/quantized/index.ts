import type { QuantSettings } from '../../dsl/design.ts';
import {
  type GraphInput,
  type IntegerGraph,
  type IntegerNode,
  type LayerNormNode,
  type NumberFormat,
  type PatchEmbeddingNode,
  rangeOf,
  type ScoresNode,
  type TensorType,
  uniform,
  type WeightedValuesNode,
} from '../../ir/index.ts';
import type { AttentionBranch, FeedForwardBranch, Model, Parameters } from '../../model/index.ts';
import { leadingTokens } from '../../model/index.ts';
import { scoresNode } from '../../quantize/attention.ts';
import {
  activationType,
  type Context,
  createContext,
  residualType,
  statisticsOf,
} from '../../quantize/context.ts';
import { dyadic, dyadics } from '../../quantize/dyadic.ts';
import { layerNormNode } from '../../quantize/layer-norm.ts';
import { MAX_EPILOGUE_SHIFT } from '../../quantize/linear.ts';
import { createObservations } from '../../quantize/observations.ts';
import { graphInput, offsets } from '../../quantize/patch-embedding.ts';
import { deepFreeze, meanPoolNode } from '../../quantize/quantize.ts';
import { scaleFor } from '../../quantize/scale.ts';
import { softmaxNode } from '../../quantize/softmax.ts';
import type { View } from '../graph/value.ts';
import { evaluateActivation } from '../match/activation.ts';
import type { Encoder, EncoderBranch, EncoderLayer } from '../match/encoder.ts';
import { type TensorQuantizer, tensorQuantizer } from '../match/quantizer.ts';
import { importedLinear, layerWeights, type Requantized } from './linear.ts';

/**
 * The integer graph of a model that was quantized before it came here. Weights keep their integers,
 * and what products read keeps scale and zero point (codes are less the zero point). The residual
 * stream and the logits have the 16 bits of a design of its own, and LayerNorm, softmax and
 * activation become integer units; their ranges come from `images`.
 */
export function keepQuantization(
  encoder: Encoder,
  model: Model,
  parameters: Parameters,
  images: readonly Uint8Array[],
  settings: QuantSettings,
): IntegerGraph {
  const context = createContext(createObservations(model, parameters, images), settings);
  const input = importedInput(context, encoder);
  const nodes: IntegerNode[] = [importedEmbedding(context, encoder, input.tensor)];
  const add: Add = (...added) => {
    nodes.push(...added);
    return (nodes.at(-1) as IntegerNode).output;
  };
  let stream = (nodes[0] as IntegerNode).output;
  encoder.branches.forEach((branch, i) => {
    const described = model.branches[i] as Model['branches'][number];
    const norm = add(
      normNode(context, `${described.name}.norm`, stream, reads(branch), context.tokens),
    );
    stream =
      branch.kind === 'attention'
        ? attention(context, branch, described as AttentionBranch, norm, stream, add)
        : feedForward(context, branch, described as FeedForwardBranch, norm, stream, add);
  });
  if (model.pooling === 'mean') stream = add(meanPoolNode(context, stream));
  const [head] = encoder.heads;
  if (!head || !encoder.norm) throw new Error('the model has no norm before its head');
  const last = add(normNode(context, 'norm', stream, head.x, 1));
  const format = uniform(16);
  const scale = scaleFor(LOGITS_HEADROOM * statisticsOf(context, 'logits').peak, format);
  const logits = { name: 'logits', shape: [1, model.classes], format, scale };
  add(importedLinear(context, 'head', head, last, logits));
  return deepFreeze({ name: model.name, input, nodes });
}

type Add = (...nodes: IntegerNode[]) => TensorType;

const LOGITS_HEADROOM = 1.5;

/** Whether anything of the encoder is in integers. */
export function isQuantized({ heads, branches, embedding }: Encoder): boolean {
  const linears = branches.flatMap((branch) =>
    branch.kind === 'attention'
      ? [branch.query, branch.key, branch.value, branch.output]
      : branch.layers.map(({ linear }) => linear),
  );
  const layers = [...heads, ...linears];
  return embedding.codes !== null || layers.some((l) => l.codes !== null || tensorQuantizer(l.x));
}

/** What of a quantized encoder has no integer form yet; null when all has. */
export function unsupportedQuantized(model: Model): string | null {
  if (model.norm === 'post') return 'its LayerNorms stand behind the sums';
  if (model.pooling === 'distilled') return 'it has two heads';
  if (model.finalNorm !== undefined) return 'its head does not read a LayerNorm of its own';
  return null;
}

/** The tensor that a branch's first product reads. */
function reads(branch: EncoderBranch): View {
  return branch.kind === 'attention' ? branch.query.x : (branch.layers[0] as EncoderLayer).linear.x;
}

/** The type of a tensor by the file's quantizer, or by calibration where the file has none. */
function typeOf(context: Context, view: View, name: string, shape: readonly number[]): TensorType {
  const quantizer = tensorQuantizer(view);
  if (!quantizer) return activationType(context, name, shape);
  const { format, scale } = quantizer;
  return { name, shape, format, scale };
}

/** The clip of the file's type, which may be narrower than the format of its codes. */
function clipTo(view: View, { format, scale }: TensorType): Requantized {
  const { low, high } = tensorQuantizer(view) ?? rangeOf(format);
  return { scale, low, high, table: null };
}

function normNode(
  context: Context,
  name: string,
  input: TensorType,
  view: View,
  rows: number,
): LayerNormNode {
  const quantizer = tensorQuantizer(view);
  if (!quantizer) return layerNormNode(context, name, input, rows);
  const { format, scale } = quantizer;
  const output = { name, shape: [rows, context.model.width], format, scale };
  return layerNormNode(context, name, input, rows, output);
}

function importedInput(context: Context, { embedding }: Encoder): GraphInput {
  const input = graphInput(context);
  const quantizer = tensorQuantizer(embedding.pixels);
  if (!quantizer) return input;
  const { format, scale } = quantizer;
  return { ...input, tensor: { ...input.tensor, format, scale } };
}

function importedEmbedding(
  context: Context,
  { embedding }: Encoder,
  input: TensorType,
): PatchEmbeddingNode {
  const output = residualType(context, 'embedding', context.tokens);
  const weights = layerWeights(context, 'patchEmbedding', embedding, input);
  const factors = weights.steps.map((step) => (input.scale * step) / output.scale);
  const { multipliers, shift } = dyadics(factors, MAX_EPILOGUE_SHIFT);
  return {
    kind: 'patchEmbedding',
    output,
    input: input.name,
    leading: leadingTokens(context.model),
    weight: weights.codes,
    weightFormat: weights.format,
    path: 'patchEmbedding.weight',
    multiplier: multipliers,
    shift,
    offset: offsets(context, output, embedding.bias),
  };
}

function attention(
  context: Context,
  branch: Extract<EncoderBranch, { kind: 'attention' }>,
  described: AttentionBranch,
  input: TensorType,
  stream: TensorType,
  add: Add,
): TensorType {
  const { name } = described;
  const { heads, views, factors } = branch;
  const shape = [context.tokens, branch.query.out];
  const [query, key, value] = (['query', 'key', 'value'] as const).map((part) => {
    const path = `${name}.${part}`;
    const view = views[part];
    const output = typeOf(context, view, path, shape);
    // A float tensor has the scale of the layer itself, without the factor.
    const factor = tensorQuantizer(view) ? factors[part] : 1;
    const requantized = clipTo(view, output);
    return {
      type: add(
        importedLinear(context, path, branch[part], input, output, { requantized, factor }),
      ),
      factor,
    };
  }) as [Part, Part, Part];
  const scores = add(scoresOf(context, branch, described, query, key));
  const probability = probabilityType(views.probabilities);
  const softmax = add(softmaxNode(context, `${name}.probabilities`, scores, probability));
  const weightedType = typeOf(context, branch.output.x, `${name}.weighted`, shape);
  const { low, high } = clipTo(branch.output.x, weightedType);
  const weighted: WeightedValuesNode = {
    kind: 'weightedValues',
    output: weightedType,
    probability: softmax.name,
    value: value.type.name,
    heads,
    ...{ low, high },
    ...dyadic((softmax.scale * value.type.scale) / weightedType.scale, MAX_EPILOGUE_SHIFT),
  };
  const sum = residualType(context, name, context.tokens);
  const path = `${name}.output`;
  return add(
    weighted,
    importedLinear(context, path, branch.output, weightedType, sum, { skip: stream }),
  );
}

interface Part {
  readonly type: TensorType;
  readonly factor: number;
}

function scoresOf(
  context: Context,
  { views, factors }: Extract<EncoderBranch, { kind: 'attention' }>,
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
  const clipped = quantizer
    ? {
        output: { ...own.output, format: quantizer.format, scale },
        low: quantizer.low,
        high: quantizer.high,
      }
    : { output: own.output };
  return { ...own, ...clipped, ...dyadic(factor, MAX_EPILOGUE_SHIFT) };
}

/** Probabilities are never below 0: the codes of a signed type from its zero point on. */
function probabilityType(view: View): Pick<TensorType, 'format' | 'scale'> | undefined {
  const quantizer = tensorQuantizer(view);
  if (!quantizer) return undefined;
  return { format: unsignedFormat(quantizer), scale: quantizer.scale };
}

function unsignedFormat({ high }: TensorQuantizer): NumberFormat {
  return uniform(Math.max(2, Math.ceil(Math.log2(high + 1))), false);
}

function feedForward(
  context: Context,
  branch: Extract<EncoderBranch, { kind: 'feedForward' }>,
  { name }: FeedForwardBranch,
  first: TensorType,
  stream: TensorType,
  add: Add,
): TensorType {
  let input = first;
  branch.layers.forEach((layer, i) => {
    const path = `${name}.linear${i}`;
    const next = branch.layers[i + 1];
    if (!next) {
      const sum = residualType(context, name, context.tokens);
      input = add(importedLinear(context, path, layer.linear, input, sum, { skip: stream }));
      return;
    }
    const after = next.linear.x;
    const output = typeOf(context, after, path, [context.tokens, layer.linear.out]);
    const requantized = hidden(context, path, layer, after, output);
    input = add(importedLinear(context, path, layer.linear, input, output, { requantized }));
  });
  return input;
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
  if (activation === 'relu' && !quantizer) return { ...clipped, low: Math.max(0, clipped.low) };
  const { scale, low, high } = quantizer ?? indexOf(context, path);
  const samples = Float64Array.from({ length: high - low + 1 }, (_, i) => (low + i) * scale);
  const values = evaluateActivation(after, before, samples);
  const table = Int32Array.from(values, (v) =>
    Math.min(clipped.high, Math.max(clipped.low, Math.round(v / output.scale))),
  );
  return { scale, low, high, table };
}

/** Index of an activation that the file keeps in floats: 8 bits over what calibration saw. */
function indexOf(context: Context, path: string) {
  const { min, max } = statisticsOf(context, `${path}.preActivation`);
  const wanted = Math.max(max / 127, Math.max(min, -4.5) / -128);
  return { scale: wanted > 0 ? wanted : 1, low: -128, high: 127 };
}
