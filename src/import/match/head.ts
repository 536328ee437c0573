import type { FinalNorm } from '../../model/index.ts';
import { sameElements, sizeOf, sourceIndex, type View } from '../graph/value.ts';
import { type LayerNorm, layerNormOf } from './layer-norm.ts';
import { type Linear, wholeLinear, withFactor, withoutFactor } from './linear.ts';
import { describe, isMismatch, type Mismatch, mismatch } from './mismatch.ts';
import { bare, whole } from './views.ts';

/** The tokens that a head reads: one row, or the mean of the rows from `first` on. */
export type Selection =
  | { readonly kind: 'row'; readonly row: number }
  | { readonly kind: 'mean'; readonly first: number };

export interface Top {
  /** In the order of the rows that they read. */
  readonly heads: readonly Linear[];
  /** Of the first head; a second one reads the row behind. */
  readonly selection: Selection;
  readonly norm: LayerNorm | null;
  readonly finalNorm: FinalNorm;
  /** All tokens, before the norm and the selection. */
  readonly stream: View;
  /** All tokens behind the norm, where it takes all. */
  readonly normed: View | null;
  /** What was averaged, with its quantizer; for a mean alone. */
  readonly mean: View | null;
}

/** One linear head, or two whose logits are averaged: both heads of a distilled model. */
export function headsOf(output: View): readonly Linear[] | Mismatch {
  const single = wholeLinear(output);
  if (single) return [single];
  const { view, factor } = withoutFactor(output);
  const base = whole(view);
  const [a, b] = base?.type === 'Add' ? base.operands : [];
  const both = [a, b].map((operand) => (operand?.kind === 'view' ? wholeLinear(operand) : null));
  const [first, second] = both;
  if (!first || !second || first.out !== second.out) return noHead(output);
  // The mean of two has the factor 1/2; any other goes into the weights.
  return [first, second].map((head) => withFactor(head, 2 * factor));
}

function noHead(output: View): Mismatch {
  const view = bare(output);
  if (view.base.type === 'Softmax' || view.base.type === 'LogSoftmax') {
    return mismatch(
      `${describe(view)} stands behind the logits; export the model without its last softmax`,
    );
  }
  return mismatch(`${describe(view)} gives the output, but is not a linear head`);
}

/** Pooling and final LayerNorm of what the heads read. */
export function topOf(heads: readonly Linear[]): Top | Mismatch {
  const tops = heads.map((head) => topOfOne(head));
  const [first, second] = tops;
  if (!first || isMismatch(first)) return first ?? mismatch('there is no head');
  if (!second) return first;
  if (isMismatch(second)) return second;
  const [a, b] = [first.selection, second.selection];
  const same = sameElements(bare(first.stream), bare(second.stream));
  const normed = first.normed !== null && second.normed !== null;
  const sameNorm = first.finalNorm === 'none' ? second.finalNorm === 'none' : normed;
  if (a.kind !== 'row' || b.kind !== 'row' || !same || !sameNorm || a.row + b.row !== 1) {
    return mismatch('the two heads do not read the first two tokens of one LayerNorm');
  }
  return a.row === 0 ? { ...first, heads } : { ...second, heads: heads.toReversed() };
}

function topOfOne(head: Linear): Top | Mismatch {
  let view = head.x;
  let selection: Selection | null = null;
  let norm: LayerNorm | null = null;
  let finalNorm: FinalNorm = 'none';
  let normed: View | null = null;
  let mean: View | null = null;
  for (;;) {
    const averaged: Averaged | null = selection ? null : averagedBy(view);
    const row: Picked | null = selection ? null : rowOf(view, head.input);
    const base = whole(view);
    const found: LayerNorm | null = base && !norm ? layerNormOf(base) : null;
    if (averaged) {
      selection = { kind: 'mean', first: averaged.first };
      mean = view;
      view = averaged.view;
    } else if (row) {
      selection = { kind: 'row', row: row.row };
      view = row.view;
    } else if (found) {
      norm = found;
      finalNorm = selection ? 'tokens' : 'pooled';
      normed = selection ? view : null;
      view = found.x;
    } else break;
  }
  if (!selection) {
    return mismatch(
      `the head reads ${describe(bare(view))}, which is neither one token nor the mean of the tokens`,
    );
  }
  return { heads: [head], selection, norm, finalNorm, stream: view, normed, mean };
}

interface Averaged {
  readonly view: View;
  readonly first: number;
}

/** All tokens of which a mean takes those from `first` on. */
function averagedBy(view: View): Averaged | null {
  const base = whole(view);
  const [x] = base?.type === 'ReduceMean' ? base.operands : [];
  if (!base || x?.kind !== 'view' || base.attributes.axis !== x.shape.length - 2) return null;
  const [tokens, width] = x.shape.slice(-2) as [number, number];
  const inner = bare(x);
  if (inner.map === null) return { view: x, first: 0 };
  const all = sizeOf(inner.base.shape) / width;
  const first = all - tokens;
  const tail = inner.map.every((source, i) => source === first * width + i);
  return tail ? { view: unrestricted(inner), first } : null;
}

interface Picked {
  readonly view: View;
  readonly row: number;
}

/** All tokens of which a view shows one. */
function rowOf(view: View, width: number): Picked | null {
  const inner = bare(view);
  if (inner.map?.length !== width || sizeOf(inner.base.shape) === width) return null;
  const first = sourceIndex(inner, 0);
  const straight = inner.map.every((source, i) => source === first + i);
  return straight && first % width === 0 ? { view: unrestricted(inner), row: first / width } : null;
}

function unrestricted({ base }: View): View {
  return { kind: 'view', shape: base.shape, base, map: null };
}
