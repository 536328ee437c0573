import type { Activation } from '../../model/index.ts';
import { sameElements, sourceIndex, type Value, type View } from '../graph/value.ts';
import { activationOf } from './activation.ts';
import { type Attention, attentionOf } from './attention.ts';
import { type Embedding, embeddingOf } from './embedding.ts';
import { type LayerNorm, layerNormOf } from './layer-norm.ts';
import { type Linear, wholeLinear } from './linear.ts';
import { describe, isMismatch, type Mismatch, mismatch } from './mismatch.ts';

/** A ViT encoder as the graph has it: its structure and all of its weights. */
export interface Encoder {
  readonly embedding: Embedding;
  readonly branches: readonly EncoderBranch[];
  readonly pooling: 'class' | 'mean';
  readonly norm: LayerNorm;
  readonly head: Linear;
}

export type EncoderBranch =
  | ({ readonly kind: 'attention'; readonly norm: LayerNorm } & Omit<Attention, 'x'>)
  | {
      readonly kind: 'feedForward';
      readonly norm: LayerNorm;
      readonly layers: readonly { readonly linear: Linear; readonly activation: Activation }[];
    };

/**
 * Finds the encoder behind the logits: head, final LayerNorm, pooling, then branch after branch
 * back to the patches.
 */
export function encoderOf(output: Value): Encoder | Mismatch {
  const head = output.kind === 'view' ? wholeLinear(output) : null;
  if (!head) return mismatch(`${describe(output)} gives the output, but is not a linear head`);
  const top = poolingOf(head);
  if (isMismatch(top)) return top;
  const branches: EncoderBranch[] = [];
  let { stream } = top;
  for (;;) {
    const step = branchOf(stream);
    if (step === null) break;
    if (isMismatch(step)) return step;
    branches.unshift(step.branch);
    stream = step.stream;
  }
  const embedding = embeddingOf(stream);
  if (isMismatch(embedding)) return embedding;
  return { embedding, branches, pooling: top.pooling, norm: top.norm, head };
}

type Top = Pick<Encoder, 'pooling' | 'norm'> & { stream: View };

/** What the head reads: row 0 of a LayerNorm, a LayerNorm of row 0, or a LayerNorm of the mean row. */
function poolingOf(head: Linear): Top | Mismatch {
  const { x } = head;
  const norm = layerNormOf(x.base);
  if (!norm) {
    return x.base.type === 'ReduceMean'
      ? mismatch(`${describe(x)} averages after the last LayerNorm, not before it`)
      : mismatch(`the head reads ${describe(x)}, which is not a LayerNorm`);
  }
  const source = x.map ? norm.x : rowOf(norm.x, head.input);
  if (!source) return mismatch(`the last LayerNorm reads ${describe(norm.x)}`);
  if (source.base.type === 'ReduceMean' && !x.map) {
    const [tokens] = source.base.operands;
    const overTokens = source.base.attributes.axis === (tokens?.shape.length ?? 0) - 2;
    if (tokens?.kind === 'view' && !tokens.map && overTokens) {
      return { pooling: 'mean', norm, stream: tokens };
    }
    return mismatch(`${describe(source)} does not average all of the tokens`);
  }
  if (x.map && !isFirstRow(x)) return mismatch(`the head reads another row than the first`);
  return { pooling: 'class', norm, stream: source };
}

/** The view without a restriction to its first row; null when it is restricted otherwise. */
function rowOf(view: View, width: number): View | null {
  if (view.map === null) return view;
  return view.map.length === width && isFirstRow(view)
    ? { ...view, shape: view.base.shape, map: null }
    : null;
}

function isFirstRow(view: View): boolean {
  const width = view.base.shape[view.base.shape.length - 1] as number;
  return view.map?.length === width && view.map.every((_, i) => sourceIndex(view, i) === i);
}

type Step = { branch: EncoderBranch; stream: View };

/** The last residual branch of a stream and the stream before it; null when it is no sum of two. */
function branchOf(stream: View): Step | Mismatch | null {
  const [a, b] = stream.base.operands;
  if (stream.base.type !== 'Add' || stream.map || a?.kind !== 'view' || b?.kind !== 'view') {
    return null;
  }
  // Either operand may be the skip connection: it is the one that the other's LayerNorm reads.
  const attempts = [
    [b, a],
    [a, b],
  ].map(([branch, skip]) => residualOf(branch as View, skip as View));
  return (
    attempts.find((attempt) => !isMismatch(attempt)) ?? furthest(attempts as Mismatch[], stream)
  );
}

/** A branch that was begun and failed says more than an operand that is no branch at all. */
function furthest(attempts: readonly Mismatch[], stream: View): Mismatch {
  const reasons = attempts.map((attempt) => attempt.reason).filter((reason) => reason !== '');
  return mismatch(
    reasons[0] ?? `neither operand of ${describe(stream)} is a branch with a linear end`,
  );
}

function residualOf(view: View, skip: View): Step | Mismatch {
  const last = wholeLinear(view);
  if (!last) return mismatch('');
  const branch = isAttention(last) ? attentionBranch(last) : feedForwardBranch(last);
  if (isMismatch(branch)) return branch;
  if (!sameElements(branch.norm.x, skip)) {
    return mismatch(
      `the branch that ends at ${describe(view)} does not normalise what it is added to, ${describe(skip)}`,
    );
  }
  return { branch, stream: skip };
}

function isAttention(last: Linear): boolean {
  const { type, operands } = last.x.base;
  return type === 'MatMul' && operands.every((operand) => operand.kind === 'view');
}

function attentionBranch(last: Linear): EncoderBranch | Mismatch {
  const attention = attentionOf(last);
  if (isMismatch(attention)) return attention;
  const { x, ...parts } = attention;
  const norm = x.map ? null : layerNormOf(x.base);
  if (!norm) return mismatch(`the attention reads ${describe(x)}, which is not a LayerNorm`);
  return { kind: 'attention', norm, ...parts };
}

function feedForwardBranch(last: Linear): EncoderBranch | Mismatch {
  const layers: { linear: Linear; activation: Activation }[] = [];
  let layer: { linear: Linear; activation: Activation } = { linear: last, activation: 'none' };
  for (;;) {
    layers.unshift(layer);
    const { x } = layer.linear;
    const norm = x.map ? null : layerNormOf(x.base);
    if (norm) return { kind: 'feedForward', norm, layers };
    const before = activationOf(x);
    if (isMismatch(before)) return before;
    const linear = wholeLinear(before.x);
    if (!linear) {
      return mismatch(`${describe(before.x)} stands where a LayerNorm or a linear layer should`);
    }
    layer = { linear, activation: before.activation };
  }
}
