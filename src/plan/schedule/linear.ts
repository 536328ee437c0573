import type { LinearNode } from '../../ir/index.ts';
import type { Unit } from '../program.ts';
import { matrixShape, type Region, type ScheduleContext, tapOf } from './context.ts';
import { inputParts } from './groups.ts';
import { matmulStep, type Step } from './steps.ts';

/**
 * A linear node outside the heads of an attention: output projections, feed-forward, head. It may
 * start while the product whose result it streams is still in the pipeline: rows are written in the
 * order in which they are read, and a pass lasts as long as the way to memory.
 */
export function linearSteps(context: ScheduleContext, node: LinearNode): Step[] {
  const { graph, shape } = context;
  const name = node.output.name;
  const source = context.region(node.input);
  if (source.memory !== 'normalized' && source.memory !== 'activations') {
    throw new Error(`${name} streams ${node.input}, which lies in no memory of activations`);
  }
  const [rows, columns] = matrixShape(graph, name);
  const [, inputColumns] = matrixShape(graph, node.input);
  const { join = 1 } = node;
  const heads = inputParts(graph, shape, node);
  const reduction = heads ? heads.count * heads.pitch : inputColumns;
  const weight = context.weight(node, { count: 1, width: columns }, reduction, heads);
  const { memory: destination, ...region } = placeResult(context, node);
  context.locate(name, { memory: destination, ...region });
  const idle: Unit[] = source.memory === 'normalized' ? ['layerNorm'] : [];
  if (destination === 'result') idle.push('result');
  if (destination === 'normalized') throw new Error(`${name} is no normalization`);
  return [
    matmulStep(
      {
        name,
        tap: tapOf(name),
        place: node.place,
        rows,
        lead: 0,
        reduction,
        elements: inputColumns * join,
        columns,
        outputs: shape.outputs,
        a: { source: source.memory, base: source.base, stride: source.stride },
        b: context.fromWeight(weight),
        parameterBase: context.channels(node, 0, columns),
        ...context.epilogue(node),
        out: { destination, ...region, part: 0 },
      },
      3,
      idle,
    ),
  ];
}

function placeResult(context: ScheduleContext, node: LinearNode): Region {
  const { graph, residualStride, shape } = context;
  const [, columns] = matrixShape(graph, node.output.name);
  if (graph.nodes.at(-1) === node) {
    // One row: no stride leads to another, and its words may be more than an address counts.
    context.reserve('result', Math.ceil(columns / shape.outputs));
    return { memory: 'result', base: 0, stride: 0 };
  }
  if (node.epilogue.residual) return { memory: 'residual', base: 0, stride: residualStride };
  const stride = context.words(columns);
  const base = context.buffer('activations', context.tokenWords * stride);
  return { memory: 'activations', base, stride };
}
