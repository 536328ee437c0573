import {
  type LayerNormNode,
  type MeanPoolNode,
  type PatchEmbeddingNode,
  rangeOf,
} from '../../ir/index.ts';
import { matrixShape, type ScheduleContext, tapOf } from './context.ts';
import { matmulStep, type Step } from './steps.ts';

/** Patches past the embedding's weight; offsets (position, class token, bias) come from their memory. */
export function embeddingSteps(context: ScheduleContext, node: PatchEmbeddingNode): Step[] {
  const { graph, shape, tokens, width, residualStride } = context;
  const [, patchSize] = matrixShape(graph, node.input);
  const weight = context.weight(node, { count: 1, width }, patchSize);
  const name = node.output.name;
  const region = { memory: 'residual', base: 0, stride: residualStride } as const;
  context.locate(name, region);
  const embedding = matmulStep(
    {
      name,
      tap: tapOf(name),
      place: node.place,
      rows: tokens,
      lead: node.leading,
      reduction: patchSize,
      elements: patchSize,
      columns: width,
      outputs: shape.outputs,
      a: { source: 'input', base: 0, stride: Math.ceil(patchSize / shape.inputs) },
      b: context.fromWeight(weight),
      parameterBase: context.channels(node, 0, width),
      shift: node.shift,
      ...rangeOf(node.output.format),
      tableBase: null,
      skip: {
        source: node.offsetTo === 'accumulator' ? 'bias' : 'offset',
        base: 0,
        stride: residualStride,
        multiplier: 1,
        shift: 0,
      },
      out: { destination: 'residual', base: 0, stride: residualStride, part: 0 },
    },
    3,
    ['input'],
  );
  return [embedding];
}

/** Rows of the residual stream to the memory of normalized tokens. */
export function normSteps(context: ScheduleContext, node: LayerNormNode): Step[] {
  const { width } = context;
  const name = node.output.name;
  const stride = context.words(width);
  context.reserve('normalized', context.tokenWords * stride);
  context.locate(name, { memory: 'normalized', base: 0, stride });
  const operation = {
    name,
    tap: tapOf(name),
    place: node.place,
    rows: node.rows,
    parameterBase: context.normParameters(),
    xBase: context.region(node.input).base,
    tableBase: context.table('rsqrt', name, 'rsqrt', node.table),
    outBase: 0,
  };
  return [{ unit: 'layerNorm', operation, maxMatmul: 0, idle: ['meanPool'] }];
}

/** The mean of the rows, written behind them. */
export function poolSteps(context: ScheduleContext, node: MeanPoolNode): Step[] {
  const { tokens, residualStride: stride } = context;
  const name = node.output.name;
  const outBase = context.tokenWords * stride;
  context.reserve('residual', outBase + stride);
  context.locate(name, { memory: 'residual', base: outBase, stride });
  const { firstRow = 0 } = node;
  const operation = {
    name,
    tap: tapOf(name),
    place: node.place,
    rows: tokens - firstRow,
    xBase: context.region(node.input).base + firstRow * stride,
    xStride: stride,
    outBase,
  };
  return [{ unit: 'meanPool', operation, maxMatmul: 0, idle: [] }];
}
