import type { Activation, FinalNorm } from '../../model/index.ts';
import { sameElements, type Value, type View } from '../graph/value.ts';
import { activationOf } from './activation.ts';
import { type Attention, attentionOf } from './attention.ts';
import { type Embedding, embeddingOf } from './embedding.ts';
import { headsOf, type Selection, topOf } from './head.ts';
import { type LayerNorm, layerNormOf } from './layer-norm.ts';
import { type Linear, wholeLinear } from './linear.ts';
import { describe, isMismatch, type Mismatch, mismatch } from './mismatch.ts';
import { bare, whole } from './views.ts';

/** A ViT encoder as the graph has it: its structure and all of its weights. */
export interface Encoder {
  readonly embedding: Embedding;
  readonly branches: readonly EncoderBranch[];
  readonly normOrder: 'pre' | 'post';
  readonly selection: Selection;
  readonly finalNorm: FinalNorm;
  readonly norm: LayerNorm | null;
  /** Of the embedding, before the first branch. */
  readonly embeddingNorm: LayerNorm | null;
  /** One, or two whose logits are averaged. */
  readonly heads: readonly Linear[];
  /** All tokens before pooling, their mean, and the logits, with their quantizers. */
  readonly mean: View | null;
  readonly stream: View;
  /** What the final norm gives, where it takes all tokens. */
  readonly normed: View | null;
  readonly output: View;
}

interface Common {
  readonly norm: LayerNorm;
  /** What the branch gives before it is added, and the sum, with their quantizers. */
  readonly added: View;
  readonly sum: View;
}

export type EncoderBranch =
  | (Common & { readonly kind: 'attention' } & Attention)
  | (Common & {
      readonly kind: 'feedForward';
      readonly layers: readonly EncoderLayer[];
      readonly x: View;
    });

export interface EncoderLayer {
  readonly linear: Linear;
  readonly activation: Activation;
  /** Before and behind the activation, with their quantizers. */
  readonly before: View;
  readonly after: View;
}

/**
 * Finds the encoder behind the logits: heads, pooling and final LayerNorm, then branch after branch
 * back to the patches.
 */
export function encoderOf(output: Value): Encoder | Mismatch {
  if (output.kind === 'constant') return mismatch('the output does not depend on the image');
  const found = headsOf(output);
  if (isMismatch(found)) return found;
  const top = topOf(found);
  if (isMismatch(top)) return top;
  // A norm of all tokens may be the last one of a post-norm encoder instead of the final one.
  const { norm, finalNorm } = top;
  const asFinal = branchesOf(top.stream);
  const asBlock =
    norm && finalNorm === 'tokens' && top.normed ? branchesOf(top.normed) : mismatch('');
  const blocks = isMismatch(asFinal) && !isMismatch(asBlock) ? asBlock : asFinal;
  if (isMismatch(blocks)) return blocks;
  const own = blocks === asFinal ? { norm, finalNorm } : { norm: null, finalNorm: 'none' as const };
  const embeddingNorm = normAt(blocks.stream);
  const embedding = embeddingOf(embeddingNorm ? embeddingNorm.x : blocks.stream);
  if (isMismatch(embedding)) return embedding;
  const { branches, normOrder } = blocks;
  const stream = blocks === asFinal || !top.normed ? top.stream : top.normed;
  const { heads, selection, mean } = top;
  const normed = blocks === asFinal ? top.normed : null;
  return {
    ...{ embedding, embeddingNorm, branches, normOrder, selection, mean, ...own },
    ...{ heads, stream, normed, output },
  };
}

interface Branches {
  readonly branches: readonly EncoderBranch[];
  readonly normOrder: 'pre' | 'post';
  /** The tokens that the first branch reads. */
  readonly stream: View;
}

function branchesOf(top: View): Branches | Mismatch {
  const branches: EncoderBranch[] = [];
  let stream = top;
  const normOrder = sumOf(stream) ? 'pre' : 'post';
  for (;;) {
    const step = normOrder === 'pre' ? preNorm(stream) : postNorm(stream);
    if (step === null) break;
    if (isMismatch(step)) return step;
    branches.unshift(step.branch);
    stream = step.stream;
  }
  if (branches.length === 0) {
    const reason = `${describe(bare(top))} is not the sum of a branch and what it reads, nor the LayerNorm of one`;
    return mismatch(reason);
  }
  return { branches, normOrder, stream };
}

type Step = { branch: EncoderBranch; stream: View };

/** The summands of a whole sum of two tensors. */
function sumOf(view: View): [View, View] | null {
  const base = whole(view);
  const [a, b] = base?.type === 'Add' ? base.operands : [];
  return a?.kind === 'view' && b?.kind === 'view' ? [a, b] : null;
}

/** The last branch of `x + branch(norm(x))` and the stream before it; null when it is no such sum. */
function preNorm(stream: View): Step | Mismatch | null {
  const summands = sumOf(stream);
  if (!summands) return null;
  return eitherWay(stream, summands, (view, skip) => {
    const starts = (x: View) => normAt(x) !== null;
    const inner = branchAt(view, starts);
    if (isMismatch(inner)) return inner;
    const norm = normAt(inner.x);
    if (!norm) {
      return mismatch(`the attention reads ${describe(bare(inner.x))}, which is not a LayerNorm`);
    }
    if (!sameElements(bare(norm.x), bare(skip))) return unlike(view, skip, 'normalise');
    return { branch: { ...inner, norm, added: view, sum: stream }, stream: norm.x };
  });
}

function normAt(view: View): LayerNorm | null {
  const base = whole(view);
  return base ? layerNormOf(base) : null;
}

/** The last branch of `norm(x + branch(x))` and the stream before it. */
function postNorm(stream: View): Step | Mismatch | null {
  const norm = normAt(stream);
  const summands = norm && sumOf(norm.x);
  if (!norm || !summands) return null;
  return eitherWay(norm.x, summands, (view, skip) => {
    const starts = (x: View) => sameElements(bare(x), bare(skip));
    const inner = branchAt(view, starts);
    if (isMismatch(inner)) return inner;
    if (!starts(inner.x)) return unlike(view, skip, 'read');
    return { branch: { ...inner, norm, added: view, sum: norm.x }, stream: skip };
  });
}

function unlike(view: View, skip: View, verb: string): Mismatch {
  return mismatch(
    `the branch that ends at ${describe(bare(view))} does not ${verb} what it is added to, ${describe(bare(skip))}`,
  );
}

/** Either summand may be the skip connection. A branch that was begun and failed says more than an operand that is no branch at all. */
function eitherWay(
  stream: View,
  [a, b]: [View, View],
  attempt: (branch: View, skip: View) => Step | Mismatch,
): Step | Mismatch {
  const attempts = [attempt(b, a), attempt(a, b)];
  const found = attempts.find((step) => !isMismatch(step));
  if (found) return found;
  const reasons = (attempts as Mismatch[]).map(({ reason }) => reason);
  return mismatch(
    reasons.find((reason) => reason !== '') ??
      `neither operand of ${describe(bare(stream))} is a branch with a linear end`,
  );
}

type Inner =
  | Omit<Extract<EncoderBranch, { kind: 'attention' }>, keyof Common>
  | Omit<Extract<EncoderBranch, { kind: 'feedForward' }>, keyof Common>;

/** The branch that ends at a view; `x` is what it begins with. */
function branchAt(view: View, starts: (x: View) => boolean): Inner | Mismatch {
  const last = wholeLinear(view);
  if (!last) return mismatch('');
  const { type, operands } = bare(last.x).base;
  if (type === 'MatMul' && operands.every((operand) => operand.kind === 'view')) {
    const attention = attentionOf(last);
    return isMismatch(attention) ? attention : { kind: 'attention', ...attention };
  }
  return feedForward(last, view, starts);
}

function feedForward(last: Linear, end: View, starts: (x: View) => boolean): Inner | Mismatch {
  const layers: EncoderLayer[] = [];
  let layer: EncoderLayer = { linear: last, activation: 'none', before: end, after: end };
  for (;;) {
    layers.unshift(layer);
    const { x } = layer.linear;
    if (starts(x)) return { kind: 'feedForward', layers, x };
    const found = activationOf(x);
    if (isMismatch(found)) return found;
    const linear = wholeLinear(found.x);
    if (!linear) {
      const what = describe(bare(found.x));
      return mismatch(`${what} stands where a LayerNorm or a linear layer should`);
    }
    layer = { linear, activation: found.activation, before: found.x, after: x };
  }
}
