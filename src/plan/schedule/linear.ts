import type { LinearNode } from '../../ir/index.ts';
import { type EngineShape, wordElements } from '../engine.ts';
import type { Destination, MatmulOperation, Unit } from '../program.ts';
import { matrixShape, type Region, type ScheduleContext, tapOf } from './context.ts';
import { headPitch } from './groups.ts';

/** A linear node outside the heads of an attention: output projections, feed-forward, head. */
export function scheduleLinear(context: ScheduleContext, node: LinearNode): void {
  const { graph, shape } = context;
  const name = node.output.name;
  const source = context.region(node.input);
  const [rows, columns] = matrixShape(graph, name);
  const [, inputColumns] = matrixShape(graph, node.input);
  const group = context.groups.find((g) => g.weighted.output.name === node.input);
  const heads = group && {
    count: group.heads,
    width: group.headWidth,
    pitch: headPitch(group.headWidth, shape.outputs),
  };
  const reduction = heads ? heads.count * heads.pitch : inputColumns;
  const weight = context.weight(node, columns, reduction, heads ?? null);
  const destination = destinationOf(context, node);
  const region = regionFor(context, destination, source, node);
  context.locate(name, region);
  const idle: Unit[] = destination === 'result' ? ['layerNorm', 'result'] : ['layerNorm'];
  const chained = readsSafelyAfter(context.lastMatmul, node.input, source.base, shape);
  context.matmul(
    {
      name,
      tap: tapOf(name),
      place: node.place,
      rows,
      lead: 0,
      reduction,
      columns,
      products: rows * inputColumns * columns,
      a: { source: 'activations', ...source },
      b: { source: 'weights', base: weight.base, stride: Math.ceil(reduction / shape.inputs) },
      parameters: { base: context.channels(node, 0, columns), byRow: false },
      ...context.epilogue(node),
      out: { destination, ...region, part: 0 },
    },
    chained ? 3 : 0,
    idle,
  );
}

function destinationOf({ graph }: ScheduleContext, node: LinearNode): Destination {
  if (graph.nodes.at(-1) === node) return 'result';
  return node.epilogue.residual ? 'residual' : 'activations';
}

function regionFor(
  context: ScheduleContext,
  destination: Destination,
  source: Region,
  node: LinearNode,
): Region {
  const { graph, residualStride, branchBase, shape } = context;
  const [rows, columns] = matrixShape(graph, node.output.name);
  if (destination === 'residual') return { base: 0, stride: residualStride };
  if (destination === 'result') {
    const stride = Math.ceil(columns / shape.outputs);
    context.reserve('result', stride);
    return { base: 0, stride };
  }
  // A layer's output lies behind its input, which is read until the layer is finished.
  const [inputRows] = matrixShape(graph, node.input);
  const base = Math.max(branchBase, source.base + inputRows * source.stride);
  const stride = context.words(columns);
  context.reserve('activations', base + rows * stride);
  return { base, stride };
}

/**
 * Whether a product may start while the one before it, whose result it streams, is still in the
 * pipeline. The results of the last output tile are written until the pipeline has drained, and a
 * pass lasts longer than that: it is enough that they are first read in a later pass than the first.
 */
function readsSafelyAfter(
  previous: MatmulOperation | undefined,
  input: string,
  inputBase: number,
  shape: EngineShape,
): boolean {
  if (previous?.tap.tensor !== input) return true; // waits for another unit instead
  const { outputs, inputs } = shape;
  const lastTile = Math.ceil(previous.columns / outputs) - 1;
  const firstColumn =
    (previous.out.base - inputBase) * wordElements(shape) +
    (previous.out.part + lastTile) * outputs;
  return Math.floor(firstColumn / inputs) >= 1;
}
