import type { TensorType } from '../ir/index.ts';
import type { Reporter } from './reporter.ts';
import type { NodeWidths } from './widths.ts';

/**
 * Type of a tensor that an earlier node made, or null after a fault that says that there is none,
 * or that its rows have steps of their own and the reader does not take them.
 */
export type FindTensor = (name: string, takes?: 'rowSteps') => TensorType | null;

/**
 * Checks one node. Returns its widths, or null when its inputs or shapes are not known well enough
 * to prove any; then at least one fault was reported.
 */
export type NodeCheck<N> = (node: N, find: FindTensor, report: Reporter) => NodeWidths | null;

/** VT352 unless the two shapes are equal. */
export function checkShape(
  what: string,
  actual: readonly number[],
  expected: readonly number[],
  report: Reporter,
): boolean {
  const equal = actual.length === expected.length && actual.every((n, i) => n === expected[i]);
  if (!equal) {
    report.fault('VT352', `${what} has the shape ${show(actual)}, not ${show(expected)}.`);
  }
  return equal;
}

/** The dimensions of a tensor of a given rank; null and VT352 when it has another. */
export function dimensions(tensor: TensorType, rank: 2, report: Reporter): [number, number] | null;
export function dimensions(
  tensor: TensorType,
  rank: 3,
  report: Reporter,
): [number, number, number] | null;
export function dimensions(tensor: TensorType, rank: number, report: Reporter): number[] | null {
  if (tensor.shape.length === rank) return [...tensor.shape];
  report.fault('VT352', `${tensor.name} has the shape ${show(tensor.shape)}, not ${rank} axes.`);
  return null;
}

function show(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
