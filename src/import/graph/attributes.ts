import type { OnnxNode } from '../onnx/read.ts';
import { toNumber } from '../onnx/schema.ts';
import type { Value } from './value.ts';

export function intAttribute(node: OnnxNode, name: string, otherwise: number): number {
  const attribute = node.attributes.get(name);
  return attribute ? toNumber(attribute.i) : otherwise;
}

export function intsAttribute(node: OnnxNode, name: string): number[] | null {
  const attribute = node.attributes.get(name);
  return attribute ? attribute.ints.map(toNumber) : null;
}

export function floatAttribute(node: OnnxNode, name: string, otherwise: number): number {
  return node.attributes.get(name)?.f ?? otherwise;
}

export function stringAttribute(node: OnnxNode, name: string, otherwise: string): string {
  const attribute = node.attributes.get(name);
  return attribute ? new TextDecoder().decode(attribute.s) : otherwise;
}

/** The numbers of a constant operand, or null when it is absent or not constant. */
export function constantNumbers(value: Value | null | undefined): number[] | null {
  return value?.kind === 'constant' ? Array.from(value.data) : null;
}

/** A list that older operator sets give as an attribute and newer ones as an operand. */
export function listOperand(
  node: OnnxNode,
  name: string,
  operand: Value | null | undefined,
): number[] | null {
  return constantNumbers(operand) ?? intsAttribute(node, name);
}
