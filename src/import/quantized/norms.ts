import { type LayerNormNode, type TensorType, uniform } from '../../ir/index.ts';
import { EMBEDDING_NORM, type Model } from '../../model/index.ts';
import { activationType, type Context, roundingConstant } from '../../quantize/context.ts';
import { layerNormNode } from '../../quantize/layer-norm.ts';
import { activationOf } from '../../quantize/memories.ts';
import { headSees } from '../../quantize/quantize.ts';
import type { View } from '../graph/value.ts';
import type { Encoder, EncoderBranch } from '../match/encoder.ts';
import { type TensorQuantizer, tensorQuantizer } from '../match/quantizer.ts';
import { fileType } from './types.ts';

/** The tensor that a branch's first product reads. */
export function readBy(branch: EncoderBranch): View {
  return branch.kind === 'attention' ? branch.query.x : firstLayer(branch).linear.x;
}

function firstLayer({ layers }: Extract<EncoderBranch, { kind: 'feedForward' }>) {
  const [layer] = layers;
  if (!layer) throw new Error('a feed-forward branch has a layer');
  return layer;
}

/** The quantizer of what the heads read, where they have one in common. */
function readByHeads({ heads }: Encoder): TensorQuantizer | null {
  const [first = null, second = first] = heads.map(({ x }) => tensorQuantizer(x));
  const keys = ['scale', 'low', 'high', 'offset', 'sign'] as const;
  return keys.every((key) => first?.[key] === second?.[key]) ? first : null;
}

/**
 * The quantizer of what each LayerNorm gives, by its path: that of the tensor that is read of it. The
 * last norm of a post-norm encoder is read by the head itself, by a mean, or by another norm.
 */
export function normQuantizers(encoder: Encoder, model: Model) {
  const { branches, stream, normed } = encoder;
  const { pooling, finalNorm = 'pooled' } = model;
  const quantizers = new Map<string, TensorQuantizer | null>();
  const direct = pooling !== 'mean' && finalNorm === 'none';
  const atEnd = direct ? readByHeads(encoder) : tensorQuantizer(stream);
  branches.forEach((branch, i) => {
    const next = branches[i + 1];
    const post = next ? tensorQuantizer(readBy(next)) : atEnd;
    const own = model.norm === 'post' ? post : tensorQuantizer(readBy(branch));
    quantizers.set(`${model.branches[i]?.name}.norm`, own);
  });
  // What a post-norm encoder's first branch reads is what the embedding's norm gives.
  const [first] = branches;
  if (encoder.embeddingNorm && model.norm === 'post' && first) {
    quantizers.set(EMBEDDING_NORM, tensorQuantizer(readBy(first)));
  }
  const ofTokens = pooling === 'mean' && finalNorm === 'tokens';
  const last = ofTokens ? normed && tensorQuantizer(normed) : readByHeads(encoder);
  return quantizers.set('norm', last ?? null);
}

/** The LayerNorm at a path, to the codes of the file where it has some. */
export function importedNorm(
  context: Context,
  quantizers: ReadonlyMap<string, TensorQuantizer | null>,
  path: string,
  input: TensorType,
  rows: number,
): LayerNormNode {
  const shape = [rows, context.model.width];
  const quantizer = quantizers.get(path) ?? null;
  if (quantizer?.sign) {
    const { scale } = quantizer;
    const type = { name: path, shape, format: SIGN_CODES, scale };
    return signsOf(layerNormNode(context, path, input, rows, type));
  }
  const output = fileType(quantizer, path, shape) ?? undefined;
  return moved(layerNormNode(context, path, input, rows, output), quantizer);
}

const SIGN_CODES = uniform(2);

/**
 * The signs of what a LayerNorm gives. There is no table behind one, so its codes saturate: nothing
 * is dropped, and both the reciprocal root and the bias less 1 are multiples of 4, so that
 * `v = d * r * weight + bias` is 1 or more where `v - 1 >= 0`, and -3 or less where it is not. That
 * clips to the codes 1 and -2, three steps apart, with 0 half way between.
 */
function signsOf(node: LayerNormNode): LayerNormNode {
  const { output, table, bias } = node;
  const half = roundingConstant(node.shift);
  return {
    ...node,
    output: { ...output, scale: (2 / 3) * output.scale, zeroPoint: -1 / 2 },
    table: table.map((r) => Math.max(4, r - (r % 4))),
    bias: bias.map((b) => 4 * Math.floor((b - half) / 4) + 1),
    shift: 0,
  };
}

/** The node with the quantizer's offset, in units of what it drops. */
function moved(node: LayerNormNode, quantizer: TensorQuantizer | null): LayerNormNode {
  const offset = Math.floor((quantizer?.offset ?? 0) * 2 ** node.shift);
  return offset === 0 ? node : { ...node, bias: node.bias.map((b) => b + offset) };
}

/** Rows of the residual stream as what the first branch, or the head, reads of them. */
export function importedActivation(
  context: Context,
  encoder: Encoder,
  reader: 'branch' | 'head',
  input: TensorType,
  rows: number,
): LayerNormNode {
  const [branch] = encoder.branches;
  const shape = [rows, context.model.width];
  const quantizer =
    reader === 'head' ? readByHeads(encoder) : branch ? tensorQuantizer(readBy(branch)) : null;
  const seen = reader === 'head' ? headSees(context, input) : input.name;
  const type = fileType(quantizer, seen, shape) ?? activationType(context, seen, shape);
  return moved(activationOf(input, type), quantizer);
}
