import type { LossReport } from '../../plan/index.ts';
import type { Operator } from '../roofline/index.ts';

/**
 * Operations per second that the array makes of each matrix product of a model, by the operator's
 * name: those of all the operations that it became, over all cycles that they have, waiting included.
 */
export function achievedOf(
  operators: readonly Operator[],
  { operations }: LossReport,
  clockMHz: number,
): ReadonlyMap<string, number> {
  const tensors = tensorsOf(operators);
  const sums = new Map<string, { cycles: number; products: number }>();
  for (const { name, unit, cycles, products } of operations) {
    const operator = unit === 'matmul' ? tensors.get(tensorOf(name)) : undefined;
    if (operator === undefined) continue;
    const sum = sums.get(operator) ?? { cycles: 0, products: 0 };
    sums.set(operator, { cycles: sum.cycles + cycles, products: sum.products + products });
  }
  const rate = ({ cycles, products }: { cycles: number; products: number }) =>
    (2 * products * clockMHz * 1e6) / cycles;
  return new Map([...sums].map(([name, sum]) => [name, rate(sum)]));
}

/** The tensor that an operation makes a part of: without its head, and without the half of its rows. */
function tensorOf(operation: string): string {
  return operation.replace(/\.(head\d+|columns|upper|lower).*$/, '');
}

/** Operators by the tensors that their operations are named after. */
function tensorsOf(operators: readonly Operator[]): ReadonlyMap<string, string> {
  const tensors = new Map<string, string>();
  for (const { name, kind } of operators) {
    const branch = name.slice(0, name.lastIndexOf('.'));
    if (kind === 'patchEmbedding') tensors.set('embedding', name);
    else if (kind === 'head') tensors.set('logits', name);
    else if (kind === 'projection') tensors.set(branch, name);
    else if (kind === 'qkv') {
      for (const part of ['query', 'key', 'value']) tensors.set(`${branch}.${part}`, name);
    } else if (kind === 'scores' || kind === 'weightedValues') tensors.set(name, name);
    else if (kind === 'feedForward') {
      tensors.set(name, name);
      // The last layer of a branch writes the branch's own tensor; later ones replace earlier ones.
      tensors.set(branch, name);
    }
  }
  return tensors;
}
