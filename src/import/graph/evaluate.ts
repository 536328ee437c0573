import { throwIfAny } from '../../diagnostics/index.ts';
import type { OnnxGraph, OnnxNode } from '../onnx/read.ts';
import { MAX_ELEMENTS } from '../onnx/tensor.ts';
import type { Reporter } from '../reporter.ts';
import { adviceFor } from './advice.ts';
import { ELEMENTWISE } from './elementwise.ts';
import type { Evaluation, Evaluator } from './evaluator.ts';
import { MOVEMENT } from './movement.ts';
import { OPERATORS } from './operators.ts';
import { nodeOrder } from './order.ts';
import { QONNX_DOMAINS, QONNX_OPERATORS } from './qonnx.ts';
import { QUANTIZERS } from './quantizers.ts';
import { type NodeFault, type Operation, sizeOf, type Value, wholeView } from './value.ts';

const EVALUATORS: Readonly<Record<string, Evaluator>> = {
  ...ELEMENTWISE,
  ...MOVEMENT,
  ...OPERATORS,
  ...QUANTIZERS,
};

/**
 * Follows one image through the graph: shapes and everything constant are computed, moved data
 * become views, and what is left are operations for the patterns to match. Nodes that the output
 * does not need are not looked at. Throws `DiagnosticsError` with every node that cannot be
 * evaluated. Behind such a node, only nodes of unknown operators are named as well.
 */
export function evaluateGraph(graph: OnnxGraph, image: ImageSize, reporter: Reporter): Value {
  const values = new Map<string, Value>(graph.initializers);
  const evaluation = createEvaluation(graph.opset);
  values.set(graph.input.name, wholeView(inputOperation(graph, image, reporter)));
  for (const node of nodeOrder(graph, reporter)) {
    const operands = node.inputs.map((name) => (name === '' ? null : values.get(name)));
    const known = operands.every((value) => value !== undefined);
    const result = known
      ? evaluateNode(node, operands as (Value | null)[], evaluation)
      : (unknownOperator(node) ?? []);
    if ('kind' in result) report(node, result, reporter);
    else for (const [i, value] of result.entries()) values.set(node.outputs[i] ?? '', value);
  }
  throwIfAny(reporter.faults);
  const output = values.get(graph.output);
  return output ?? reporter.fail('VT210', `nothing produces the output '${graph.output}'.`);
}

function unknownOperator(node: OnnxNode): NodeFault | null {
  const standard = node.domain === '' || node.domain === 'ai.onnx';
  const qonnx = QONNX_OPERATORS.includes(node.type);
  const own = qonnx ? QONNX_DOMAINS.includes(node.domain) : standard;
  if (own && Object.hasOwn(EVALUATORS, node.type)) return null;
  const domain = standard ? '' : ` of the domain '${node.domain}'`;
  const reason = `no part of a ViT encoder that Vitrum builds has this operator${domain}`;
  return { kind: 'fault', code: 'VT205', reason };
}

function evaluateNode(
  node: OnnxNode,
  operands: readonly (Value | null)[],
  evaluation: Evaluation,
): Value[] | NodeFault {
  const evaluator = EVALUATORS[node.type];
  const unknown = unknownOperator(node);
  if (unknown || !evaluator) return unknown ?? [];
  // Several operators repeat data; the sum of what they are given bounds most of what they make.
  const asked = operands.reduce((sum, value) => sum + (value ? sizeOf(value.shape) : 0), 0);
  if (asked > MAX_ELEMENTS) {
    return { kind: 'fault', code: 'VT209', reason: `its operands have ${asked} elements` };
  }
  const announced = announcedSize(node, operands);
  if (announced > MAX_ELEMENTS) {
    return { kind: 'fault', code: 'VT209', reason: `its result would have ${announced} elements` };
  }
  return evaluator(node, operands, evaluation);
}

/** Size of the result of the operators that can make much from little. */
function announcedSize(node: OnnxNode, operands: readonly (Value | null)[]): number {
  const numbers = (i: number) => {
    const value = operands[i];
    return value?.kind === 'constant' ? Array.from(value.data) : [];
  };
  if (node.type === 'ConstantOfShape') return sizeOf(numbers(0));
  if (node.type === 'Expand') return Math.max(sizeOf(numbers(1)), sizeOf(operands[0]?.shape ?? []));
  if (node.type === 'Range') {
    const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((i) => numbers(i)[0]);
    return (limit - start) / delta;
  }
  if (node.type === 'Gather') return sizeOf(operands[0]?.shape ?? []) * numbers(1).length;
  if (Object.hasOwn(ELEMENTWISE, node.type)) {
    const shapes = operands.map((value) => value?.shape ?? []);
    const rank = Math.max(...shapes.map((shape) => shape.length));
    const sizes = Array.from({ length: rank }, (_, d) =>
      Math.max(...shapes.map((shape) => shape[d - (rank - shape.length)] ?? 1)),
    );
    return sizeOf(sizes);
  }
  return 0;
}

function report(node: OnnxNode, { code, reason }: NodeFault, reporter: Reporter): void {
  const name = `the node '${node.name}' (${node.type})`;
  if (code === 'VT205') {
    reporter.add(code, `${name} is not supported: ${reason}.`, adviceFor(node));
  } else reporter.add(code, `${name} cannot be read: ${reason}.`);
}

type ImageSize = { readonly height: number; readonly width: number; readonly channels: number };

function createEvaluation(opset: number): Evaluation {
  const known = new Map<string, Operation>();
  const ids = new Map<unknown, number>();
  const idOf = (value: unknown) => {
    const id = ids.get(value) ?? ids.size;
    ids.set(value, id);
    return id;
  };
  const keyOf = (value: Value) => {
    if (value.kind === 'view') return `v${value.base.id}:${value.map ? idOf(value.map) : ''}`;
    // Exporters write the same small constant again at every use.
    return value.data.length === 1 ? `n${value.data[0]}` : `c${idOf(value.data)}`;
  };
  return {
    opset,
    operation: (node, shape, operands, attributes = {}) => {
      const key = [node.type, shape, JSON.stringify(attributes), ...operands.map(keyOf)].join('|');
      const operation = known.get(key) ?? {
        id: known.size + 1,
        type: node.type,
        shape,
        operands,
        node,
        attributes,
      };
      known.set(key, operation);
      return wholeView(operation);
    },
  };
}

/** The image as `[1, channels, height, width]`; dimensions that the file leaves open are the design's. */
function inputOperation(graph: OnnxGraph, image: ImageSize, reporter: Reporter): Operation {
  const wanted = [1, image.channels, image.height, image.width];
  const given = graph.input.shape ?? wanted;
  if (given.length !== 4) {
    const sentence = `the input '${graph.input.name}' has ${given.length} dimensions.`;
    reporter.fail('VT203', sentence, 'Four are wanted: batch, channels, height, width.');
  }
  if ((given[0] ?? 1) !== 1) {
    const sentence = `the input '${graph.input.name}' has a fixed batch of ${given[0]}.`;
    reporter.fail('VT203', sentence, 'Export with a batch of 1 or an open one.');
  }
  const shape = given.map((n, d) => n ?? (wanted[d] as number));
  if (sizeOf(shape) > MAX_ELEMENTS) {
    reporter.fail('VT209', `the input '${graph.input.name}' has the shape [${shape}].`);
  }
  return { id: 0, type: 'Input', shape, operands: [], node: null, attributes: {} };
}
