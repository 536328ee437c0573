import type { OnnxNode } from '../onnx/read.ts';
import type { NodeFault, Operation, Value, View } from './value.ts';

/** What an operator's evaluator may use. */
export interface Evaluation {
  readonly opset: number;
  /** A view of the operation; an operation like one made before is the same one. */
  operation(
    node: OnnxNode,
    shape: readonly number[],
    operands: readonly Value[],
    attributes?: Operation['attributes'],
  ): View;
}

/**
 * Evaluates a node: its outputs, or why it cannot be. An operand left out in the file is null.
 * What an evaluator does not look at, it must not silently accept: it faults instead.
 */
export type Evaluator = (
  node: OnnxNode,
  operands: readonly (Value | null)[],
  evaluation: Evaluation,
) => Value[] | NodeFault;
