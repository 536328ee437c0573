import type { Place } from '../diagnostics/index.ts';

/**
 * The model graph: what the user described, in floating-point meaning, with every shape known.
 * A ViT encoder is a patch embedding, a row of residual branches, and a pooled head.
 */
export interface Model {
  readonly name: string;
  readonly image: ImageFormat;
  /** Side of a square patch, in pixels. */
  readonly patch: number;
  /** Channels of a token (the embedding dimension). */
  readonly width: number;
  readonly pooling: Pooling;
  /**
   * Learned tokens before the patches, when there are more than the pooling reads: 1 for `class`, 2
   * for `distilled`, none for `mean`, which leaves them out of the mean.
   */
  readonly leading?: number | undefined;
  /**
   * `pre`, unless given: a branch is `x + branch(layerNorm(x))`. `post`: `layerNorm(x + branch(x))`,
   * the order of Vaswani et al. and of PyTorch's TransformerEncoderLayer.
   */
  readonly norm?: 'pre' | 'post' | undefined;
  /** A LayerNorm of the embedding, before the first branch, as in CLIP's image encoder. */
  readonly embeddingNorm?: true | undefined;
  /** The last LayerNorm: of what the head reads (unless given), of all tokens before the mean, or none. */
  readonly finalNorm?: FinalNorm | undefined;
  /** Residual branches in order. */
  readonly branches: readonly Branch[];
  readonly classes: number;
  /** Epsilon of every LayerNorm. */
  readonly epsilon: number;
  readonly place?: Place | undefined;
}

/**
 * What the head reads. `class`: a learned token before the patches. `mean`: the mean of the patches.
 * `distilled`: a class and a distillation token, each with a head of its own, whose logits are
 * averaged (Touvron et al., 2021).
 */
export type Pooling = 'class' | 'mean' | 'distilled';

export type FinalNorm = 'pooled' | 'tokens' | 'none';

export interface ImageFormat {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Per channel, in units of a pixel of range 0..1: the network sees `(pixel / 255 - mean) / std`. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The LayerNorm of the embedding: prefix of its parameters, and the name of what it gives. */
export const EMBEDDING_NORM = 'embedding.norm';

export type Branch = AttentionBranch | FeedForwardBranch;

export interface AttentionBranch {
  readonly kind: 'attention';
  /** `block3.attention`: prefix of its parameters and of everything generated from it. */
  readonly name: string;
  readonly heads: number;
  /** Channels of query, key and value of all heads together; the model's width unless given. */
  readonly inner?: number | undefined;
  readonly place?: Place | undefined;
}

export interface FeedForwardBranch {
  readonly kind: 'feedForward';
  /** `block3.mlp` */
  readonly name: string;
  /** The last layer's width is the model's width and its activation is `none`. */
  readonly layers: readonly FeedForwardLayer[];
  readonly place?: Place | undefined;
}

export type Activation = 'none' | 'gelu' | 'relu';

export interface FeedForwardLayer {
  readonly width: number;
  readonly activation: Activation;
}

/** Number of patches of an image. */
export function patchCount(model: Model): number {
  return (model.image.height / model.patch) * (model.image.width / model.patch);
}

/** Elements of one flattened patch, in order channel, row, column. */
export function patchSize(model: Model): number {
  return model.image.channels * model.patch * model.patch;
}

/** Learned tokens put before the patches: class token, distillation token, others. */
export function leadingTokens({ pooling, leading }: Pick<Model, 'pooling' | 'leading'>): number {
  return leading ?? pooledTokens[pooling];
}

/** Learned tokens that a pooling reads. */
export const pooledTokens: Readonly<Record<Pooling, number>> = Object.freeze({
  class: 1,
  distilled: 2,
  mean: 0,
});

/** Channels of query, key and value of an attention. */
export function innerWidth(branch: AttentionBranch, model: Pick<Model, 'width'>): number {
  return branch.inner ?? model.width;
}

/** Rows of the residual stream. */
export function tokenCount(model: Model): number {
  return patchCount(model) + leadingTokens(model);
}
