import {
  type LayerNormNode,
  type MeanPoolNode,
  type PatchEmbeddingNode,
  rangeOf,
} from '../../ir/index.ts';
import { matrixShape, type ScheduleContext, tapOf } from './context.ts';

/** Patches past the embedding's weight; offsets (position, class token, bias) come by the skip path. */
export function scheduleEmbedding(context: ScheduleContext, node: PatchEmbeddingNode): void {
  const { graph, shape, tokens, width, residualStride } = context;
  const [patches, patchSize] = matrixShape(graph, node.input);
  const weight = context.weight(node, width, patchSize);
  const rowWords = Math.ceil(patchSize / shape.inputs);
  const name = node.output.name;
  context.matmul(
    {
      name,
      tap: tapOf(name),
      place: node.place,
      rows: tokens,
      lead: node.leading,
      reduction: patchSize,
      columns: width,
      products: patches * patchSize * width,
      a: { source: 'input', base: 0, stride: rowWords },
      b: { source: 'weights', base: weight.base, stride: rowWords },
      parameters: { base: context.channels(node, 0, width), byRow: false },
      shift: node.shift,
      ...rangeOf(node.output.format),
      tableBase: null,
      skip: { source: 'offset', base: 0, stride: residualStride, multiplier: 1, shift: 0 },
      out: { destination: 'residual', base: 0, stride: residualStride, part: 0 },
    },
    3,
    ['input'],
  );
  context.locate(name, { base: 0, stride: residualStride });
  // The next frame may come in as soon as the patches have been read.
  context.push('input', 0, 'input of the next frame', 0);
}

/** Residual rows to the start of the activation memory, and to the keys' where values need them. */
export function scheduleNorm(context: ScheduleContext, node: LayerNormNode): void {
  const { tokens, width } = context;
  const name = node.output.name;
  const feedsValues = context.groups.some((g) => g.value.input === name);
  const stride = context.words(width);
  if (feedsValues) context.reserve('keys', tokens * stride);
  context.locate(name, { base: 0, stride });
  context.layerNorm({
    name,
    tap: tapOf(name),
    place: node.place,
    rows: node.rows,
    xBase: context.region(node.input).base,
    tableBase: context.table('rsqrt', name, 'rsqrt', node.table),
    outBase: 0,
    keyBase: feedsValues ? 0 : null,
  });
}

/** The mean of all rows, written behind them. */
export function schedulePool(context: ScheduleContext, node: MeanPoolNode): void {
  const { tokens, residualStride: stride } = context;
  const name = node.output.name;
  const outBase = tokens * stride;
  context.reserve('residual', outBase + stride);
  context.locate(name, { base: outBase, stride });
  context.meanPool({
    name,
    tap: tapOf(name),
    place: node.place,
    rows: tokens,
    xBase: context.region(node.input).base,
    xStride: stride,
    outBase,
  });
}
