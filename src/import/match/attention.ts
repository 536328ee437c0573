import { sameElements, sizeOf, sourceIndex, type View } from '../graph/value.ts';
import {
  type Linear,
  linearOf,
  reorderInputs,
  selectOutputs,
  withFactor,
  withoutFactor,
} from './linear.ts';
import { describe, isMismatch, type Mismatch, mismatch } from './mismatch.ts';
import { bare, through, viewAndConstant, whole } from './views.ts';

export interface Attention {
  /** The normalised tokens that query, key and value are made of. */
  readonly x: View;
  readonly heads: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  /** What a view holds, as a multiple of what its layer gives; of the scores, of the product of the views. */
  readonly factors: Readonly<Record<'query' | 'key' | 'value' | 'scores', number>>;
  /** What the products and the softmax read, with their quantizers. */
  readonly views: Readonly<Record<'query' | 'key' | 'value' | 'scores' | 'probabilities', View>>;
}

/** Relative difference between two scales that is only rounding. */
const SCALE_TOLERANCE = 1e-4;

/**
 * Multi-head attention whose output projection is `output`. However the heads are cut out of one
 * fused or three separate projections, the weights come back with head `h` at the channels
 * `h*d .. h*d+d-1`; a scale other than `1/sqrt(d)` goes into the query's weights.
 */
export function attentionOf(output: Linear): Attention | Mismatch {
  const weighted = bare(output.x);
  const [p, v] = weighted.base.operands;
  if (weighted.base.type !== 'MatMul' || p?.kind !== 'view' || v?.kind !== 'view') {
    return mismatch(`${describe(weighted)} is not the product of probabilities and values`);
  }
  const softmax = whole(p);
  const [scores] = softmax?.type === 'Softmax' ? softmax.operands : [];
  if (scores?.kind !== 'view') return mismatch(`${describe(bare(p))} is not a softmax`);
  const scaled = withoutFactor(withoutMask(scores));
  const [q, k] = scaled.view.base.operands;
  const isProduct = scaled.view.base.type === 'MatMul' && scaled.view.map === null;
  if (!isProduct || q?.kind !== 'view' || k?.kind !== 'view') return noProduct(scaled.view);
  const query = projection(q, 'rows', 'query');
  const key = projection(k, 'columns', 'key');
  const value = projection(v, 'rows', 'value');
  for (const part of [query, key, value]) if (isMismatch(part)) return part;
  const [a, b, c] = [query, key, value] as [Linear, Linear, Linear];
  if (!sameElements(bare(a.x), bare(b.x)) || !sameElements(bare(a.x), bare(c.x))) {
    return mismatch(
      `query, key and value of ${describe(bare(scores))} are not made of the same tokens`,
    );
  }
  if (a.out !== c.out) {
    return mismatch(
      `${describe(bare(scores))} has queries of ${a.out} channels and values of ${c.out}`,
    );
  }
  const size = q.shape[q.shape.length - 1] as number;
  const order = outputOrder(output, v);
  if (isMismatch(order)) return order;
  const scale = a.factor * b.factor * scaled.factor * Math.sqrt(size);
  const rest = Math.abs(scale - 1) < SCALE_TOLERANCE ? 1 : scale;
  return {
    x: a.x,
    heads: sizeOf(q.shape.slice(0, -2)),
    query: withFactor(a, rest),
    key: withFactor(b, 1),
    value: withFactor(c, c.factor),
    output: reorderInputs(output, order),
    views: { query: q, key: k, value: v, scores, probabilities: p },
    factors: { query: a.factor / rest, key: b.factor, value: 1, scores: scaled.factor },
  };
}

/** The scores without a mask of zeros, which some exporters add for nothing. */
function withoutMask(scores: View): View {
  const view = bare(scores);
  const [inner, mask] = (view.base.type === 'Add' && viewAndConstant(view.base)) || [];
  return inner && mask?.data.every((x) => x === 0) ? through(view, inner) : view;
}

function noProduct(view: View): Mismatch {
  const masked = view.base.type === 'Add' || view.base.type === 'Where';
  return mismatch(
    masked
      ? `${describe(view)} adds a mask or a bias to the scores, and every token must see every other alike`
      : `${describe(view)} is not the product of queries and keys`,
  );
}

/**
 * The linear layer that a view `[.., heads, tokens, d]` (`rows`) or `[.., heads, d, tokens]`
 * (`columns`) holds, its outputs in the order of heads. Its factor is kept apart.
 */
function projection(view: View, tokensAre: 'rows' | 'columns', part: string): Linear | Mismatch {
  const { view: plain, factor } = withoutFactor(view);
  const linear = linearOf(plain.base);
  if (!linear) {
    return mismatch(`the ${part} comes from ${describe(plain)}, which is not a linear layer`);
  }
  const [a, b] = view.shape.slice(-2) as [number, number];
  const [tokens, size] = tokensAre === 'rows' ? [a, b] : [b, a];
  const heads = sizeOf(view.shape.slice(0, -2));
  const columns: number[] = [];
  for (let h = 0; h < heads; h++) {
    for (let c = 0; c < size; c++) {
      for (let t = 0; t < tokens; t++) {
        const [row, column] = tokensAre === 'rows' ? [t, c] : [c, t];
        const source = sourceIndex(plain, (h * a + row) * b + column);
        const channel = source % linear.out;
        if (t === 0) columns.push(channel);
        const same = channel === columns[columns.length - 1];
        if (!same || Math.floor(source / linear.out) !== t) {
          return mismatch(`the ${part} mixes the tokens of ${describe(plain)}`);
        }
      }
    }
  }
  return { ...selectOutputs(linear, columns), factor: linear.factor * factor };
}

/** For each input channel of the output projection its place `h*d + c` among the heads. */
function outputOrder(output: Linear, value: View): number[] | Mismatch {
  const [tokens, size] = value.shape.slice(-2) as [number, number];
  const x = bare(output.x);
  const order: number[] = [];
  for (let t = 0; t < output.rows; t++) {
    for (let k = 0; k < output.input; k++) {
      const source = sourceIndex(x, t * output.input + k);
      const head = Math.floor(source / (tokens * size));
      const place = head * size + (source % size);
      if (t === 0) order.push(place);
      if (order[k] !== place || Math.floor(source / size) % tokens !== t) {
        return mismatch(`the output projection after ${describe(x)} mixes the tokens`);
      }
    }
  }
  return order;
}
