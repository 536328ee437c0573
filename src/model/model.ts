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
  /** `class`: a learned token is put before the patches and read by the head. `mean`: the patches are averaged. */
  readonly pooling: 'class' | 'mean';
  /** Residual branches in order; each is `x + branch(layerNorm(x))`. */
  readonly branches: readonly Branch[];
  readonly classes: number;
  /** Epsilon of every LayerNorm. */
  readonly epsilon: number;
  readonly place?: Place | undefined;
}

export interface ImageFormat {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Per channel, in units of a pixel of range 0..1: the network sees `(pixel / 255 - mean) / std`. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export type Branch = AttentionBranch | FeedForwardBranch;

export interface AttentionBranch {
  readonly kind: 'attention';
  /** `block3.attention`: prefix of its parameters and of everything generated from it. */
  readonly name: string;
  readonly heads: number;
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

/** Learned tokens put before the patches. */
export function leadingTokens(model: Model): number {
  return model.pooling === 'class' ? 1 : 0;
}

/** Rows of the residual stream. */
export function tokenCount(model: Model): number {
  return patchCount(model) + leadingTokens(model);
}
