import type { Diagnostic, Place } from '../../diagnostics/index.ts';
import type { FeedForwardLayer } from '../../model/index.ts';
import type { Heads } from './checks.ts';

/** What every part of a block knows of the call that made it; `place.file` is absolute. */
export interface Part {
  /** The function, as the user wrote it. */
  readonly from: string;
  readonly faults: readonly Diagnostic[];
  readonly place?: Place | undefined;
}

export interface LayerNorm extends Part {
  readonly kind: 'layerNorm';
}

/** One operator of a branch, with the literals that shapes are checked by. */
export interface Attention<H extends number> extends Part {
  readonly kind: 'attention';
  readonly heads: H;
  /** Channels of a head, when they are not the heads' share of the width. */
  readonly headWidth?: number | undefined;
}

export interface Linear<W extends number> extends Part {
  readonly kind: 'linear';
  readonly width: W;
}

export interface Activation<A extends 'gelu' | 'relu'> extends Part {
  readonly kind: 'activation';
  readonly activation: A;
}

export type Operator = Attention<number> | Linear<number> | Activation<'gelu' | 'relu'>;

/** A residual around attention. */
export interface AttentionResidual<H extends number> extends Part {
  readonly kind: 'residual';
  readonly branch: 'attention';
  readonly heads: H;
  readonly headWidth?: number | undefined;
  /** Of the call that fixes its shape. */
  readonly shapePlace?: Place | undefined;
}

/** A residual around linears, the last of which gives `W` channels. */
export interface FeedForwardResidual<W extends number> extends Part {
  readonly kind: 'residual';
  readonly branch: 'feedForward';
  readonly layers: readonly FeedForwardLayer[];
  readonly width: W;
  /** Of the call that fixes its shape. */
  readonly shapePlace?: Place | undefined;
}

export type Residual = AttentionResidual<number> | FeedForwardResidual<number>;

type Mixed = 'attention() and linear() do not stand in one branch; give each its own residual()';

type Name = 'gelu' | 'relu';

type State = 'start' | 'linear' | 'attention' | Activation<Name>;

/** What is wrong with an operator after what stands before it; `never` when nothing is. */
type ErrorAfter<Before extends State, O> =
  O extends Attention<number>
    ? Before extends 'start'
      ? never
      : Before extends 'attention'
        ? 'attention() stands twice in one branch; give each its own residual()'
        : Mixed
    : Before extends 'attention'
      ? Mixed
      : O extends Activation<infer A>
        ? Before extends 'start'
          ? `${A}() stands before any linear()`
          : Before extends Activation<infer First>
            ? First extends A
              ? `${A}() stands twice in a row`
              : `${A}() stands right after ${First}(); one activation follows a linear()`
            : never
        : never;

type StateAfter<O> =
  O extends Activation<Name> ? O : O extends Attention<number> ? 'attention' : 'linear';

/** Operators in order, each replaced by a sentence where it must not stand. */
type Walk<
  Rest extends readonly unknown[],
  Before extends State = 'start',
  Checked extends readonly unknown[] = [],
> = Rest extends readonly [infer O, ...infer Next]
  ? Walk<Next, StateAfter<O>, [...Checked, Step<ErrorAfter<Before, O>, O, Next>]>
  : Checked;

type Step<Message, O, Next> = [Message] extends [never]
  ? [O, Next] extends [Activation<infer A>, readonly []]
    ? `a branch ends with a linear(), not with ${A}()`
    : O
  : Message;

/** The operators that `residual` accepts; a list of unknown length is left to run time. */
export type Operators<P extends readonly unknown[]> = number extends P['length']
  ? P
  : { [I in keyof P]: I extends keyof Walk<P> ? Walk<P>[I] : P[I] };

/** The type of a residual around these operators. */
export type ResidualOf<P extends readonly unknown[]> = P extends readonly [Attention<infer H>]
  ? AttentionResidual<H>
  : P extends readonly [...unknown[], Linear<infer W>]
    ? FeedForwardResidual<W>
    : Residual;

/** The residuals that `encoder` accepts at a width, each replaced by a sentence where it does not fit. */
export type Blocks<B extends readonly unknown[], Width extends number> = B extends readonly []
  ? readonly ['0 blocks; at least 1 is needed']
  : { [I in keyof B]: Block<B[I], Width> };

type Block<R, Width extends number> =
  R extends AttentionResidual<infer H>
    ? Heads<H, Width> extends H
      ? R
      : Heads<H, Width>
    : R extends FeedForwardResidual<infer W>
      ? number extends W | Width
        ? R
        : W extends Width
          ? R
          : `the branch ends in ${W} channels, but the width is ${Width}`
      : R;
