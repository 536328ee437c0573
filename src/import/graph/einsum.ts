import { stringAttribute } from './attributes.ts';
import type { Evaluator } from './evaluator.ts';
import { combineOffsets, range, stridesOf } from './shapes.ts';
import { reshaped, selected, sizeOf, unsupported, type Value } from './value.ts';

/**
 * `Einsum` of two operands as a product of matrices: indices of both that stay are its batch, those
 * of both that are summed its reduction. `matMul` evaluates the product.
 */
export function einsumBy(matMul: Evaluator): Evaluator {
  return (node, [x, y, more], evaluation) => {
    const equation = stringAttribute(node, 'equation', '').replace(/\s/g, '');
    const [, left = '', right = '', out = ''] =
      /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation) ?? [];
    const known = x && y && !more && left !== '';
    const fits = known && x.shape.length === left.length && y.shape.length === right.length;
    const repeats = [left, right, out].some((labels) => new Set(labels).size !== labels.length);
    if (!known || !fits || repeats) {
      return unsupported(`its equation is '${equation}', not a product of two matrices`);
    }
    const sizes = new Map([...left].map((label, d) => [label, x.shape[d] as number]));
    for (const [d, label] of [...right].entries()) {
      const size = y.shape[d] as number;
      if ((sizes.get(label) ?? size) !== size)
        return unsupported(`its operands do not fit '${equation}'`);
      sizes.set(label, size);
    }
    const of = (labels: string, test: (label: string) => boolean) => [...labels].filter(test);
    const batch = of(left, (l) => right.includes(l) && out.includes(l));
    const summed = of(left, (l) => right.includes(l) && !out.includes(l));
    const rows = of(left, (l) => !right.includes(l));
    const columns = of(right, (l) => !left.includes(l));
    if (summed.length === 0 || [...rows, ...columns].some((l) => !out.includes(l))) {
      return unsupported(`its equation is '${equation}', not a product of two matrices`);
    }
    const product = (labels: readonly string[]) =>
      sizeOf(labels.map((l) => sizes.get(l) as number));
    const a = arranged(x, left, [...batch, ...rows, ...summed]);
    const b = arranged(y, right, [...batch, ...summed, ...columns]);
    const lead = batch.map((l) => sizes.get(l) as number);
    const result = matMul(
      { ...node, type: 'MatMul' },
      [
        reshaped(a, [...lead, product(rows), product(summed)]),
        reshaped(b, [...lead, product(summed), product(columns)]),
      ],
      evaluation,
    );
    const [value] = 'kind' in result ? [] : result;
    if (!value) return result;
    const labels = [...batch, ...rows, ...columns];
    const whole = reshaped(
      value,
      labels.map((l) => sizes.get(l) as number),
    );
    return [arranged(whole, labels.join(''), [...out])];
  };
}

/** The value with its axes in another order. */
function arranged(x: Value, labels: string, order: readonly string[]): Value {
  const strides = stridesOf(x.shape);
  const axes = order.map((label) => labels.indexOf(label));
  const shape = axes.map((d) => x.shape[d] as number);
  const offsets = axes.map((d) => range(x.shape[d] as number, (i) => i * (strides[d] as number)));
  return selected(x, combineOffsets(offsets), shape);
}
