import { type LinearNode, rangeOf, tensorType } from '../../ir/index.ts';
import { wordElements } from '../engine.ts';
import type { MatmulOperation } from '../program.ts';
import { type Region, type ScheduleContext, tapOf } from './context.ts';
import { type AttentionGroup, headPitch } from './groups.ts';

/** Where the buffers of an attention lie; those of a head have one for even and one for odd heads. */
interface Buffers {
  readonly tokens: Region;
  readonly query: (head: number) => Region;
  readonly key: (head: number) => Region;
  readonly value: (head: number) => Region;
  readonly scores: (head: number) => Region;
  readonly probabilities: (head: number) => Region;
  readonly out: Region;
}

/**
 * The heads of one attention, pipelined: while the softmax of head h runs, query, key, value and
 * scores of head h+1 are computed; then come the weighted values of head h.
 */
export function scheduleAttention(context: ScheduleContext, group: AttentionGroup): void {
  const { graph, shape, tokens, width } = context;
  const { heads, headWidth, query, key, value, scores, softmax, weighted } = group;
  const buffers = reserveBuffers(context, group);
  context.locate(weighted.output.name, buffers.out);

  const rowWords = Math.ceil(width / shape.inputs);
  const weights = new Map(
    [query, key, value].map((node) => [node, context.weight(node, width, width).base]),
  );
  const scoreChannels = context.channels(scores, 0, tokens);
  const valueChannels = context.channels(weighted, 0, headWidth);
  const softmaxName = softmax.output.name;
  const expBase = context.table('exp', softmaxName, 'exp', softmax.expTable);
  const oneBase = context.table('reciprocal', softmaxName, 'reciprocal_one', softmax.one.table);
  const twoBase = context.table('reciprocal', softmaxName, 'reciprocal_two', softmax.two.table);
  const limits = (name: string) => rangeOf(tensorType(graph, name).format);
  const plain = { lead: 0, tableBase: null, skip: null } as const;

  /** A projection of one head: rows of the weight are its channels. */
  const projection = (node: LinearNode, head: number) => ({
    name: `${node.output.name}.head${head}`,
    place: node.place,
    lead: 0,
    reduction: width,
    products: tokens * width * headWidth,
    ...context.epilogue(node),
    tap: tapOf(node.output.name, { columnOffset: head * headWidth }),
    weight: { base: (weights.get(node) ?? 0) + head * headWidth * rowWords, stride: rowWords },
    channels: context.channels(node, head * headWidth, headWidth),
  });

  const project = (node: LinearNode, head: number, out: MatmulOperation['out']) => {
    const { weight, channels, ...common } = projection(node, head);
    const operation = {
      ...common,
      rows: tokens,
      columns: headWidth,
      a: { source: 'activations', ...buffers.tokens },
      b: { source: 'weights', ...weight },
      parameters: { base: channels, byRow: false },
      out,
    } as const;
    context.matmul(operation, 3, ['layerNorm']);
  };

  /** Transposed: weight rows stream past tokens, so that the result lies along the keys. */
  const projectValues = (head: number) => {
    const { weight, channels, ...common } = projection(value, head);
    const operation = {
      ...common,
      tap: { ...common.tap, transposed: true },
      rows: headWidth,
      columns: tokens,
      a: { source: 'weights', ...weight },
      // LayerNorm wrote the tokens to the start of the key memory too.
      b: { source: 'keys', base: 0, stride: buffers.tokens.stride },
      parameters: { base: channels, byRow: true },
      out: { destination: 'keys', ...buffers.value(head), part: 0 },
    } as const;
    context.matmul(operation, 3, ['layerNorm']);
  };

  const score = (head: number) => {
    const operation = {
      ...plain,
      name: `${scores.output.name}.head${head}`,
      tap: tapOf(scores.output.name, { head }),
      place: scores.place,
      rows: tokens,
      reduction: headWidth,
      columns: tokens,
      products: tokens * tokens * headWidth,
      a: { source: 'activations', ...buffers.query(head) },
      b: { source: 'keys', ...buffers.key(head) },
      parameters: { base: scoreChannels, byRow: false },
      shift: scores.shift,
      ...limits(scores.output.name),
      out: { destination: 'scores', ...buffers.scores(head), part: 0 },
    } as const;
    // Query and key of this head must be finished; the value projection may be under way.
    context.matmul(operation, 1);
  };

  const weigh = (head: number) => {
    const column = head * headPitch(headWidth, shape.outputs);
    const word = wordElements(shape);
    const operation = {
      ...plain,
      name: `${weighted.output.name}.head${head}`,
      tap: tapOf(weighted.output.name, { columnOffset: head * headWidth }),
      place: weighted.place,
      rows: tokens,
      reduction: tokens,
      columns: headWidth,
      products: tokens * tokens * headWidth,
      a: { source: 'probabilities', ...buffers.probabilities(head) },
      b: { source: 'keys', ...buffers.value(head) },
      parameters: { base: valueChannels, byRow: false },
      shift: weighted.shift,
      ...limits(weighted.output.name),
      out: {
        destination: 'activations',
        base: buffers.out.base + Math.floor(column / word),
        stride: buffers.out.stride,
        part: (column % word) / shape.outputs,
      },
    } as const;
    context.matmul(operation, 3, ['softmax']);
  };

  for (let head = 0; head < heads; head++) {
    project(query, head, { destination: 'activations', ...buffers.query(head), part: 0 });
    project(key, head, { destination: 'keys', ...buffers.key(head), part: 0 });
    projectValues(head);
    score(head);
    if (head > 0) weigh(head - 1);
    context.softmax(
      {
        name: `${softmaxName}.head${head}`,
        tap: tapOf(softmaxName, { head }),
        place: softmax.place,
        rows: tokens,
        xBase: buffers.scores(head).base,
        outBase: buffers.probabilities(head).base,
        expBase,
        oneBase,
        twoBase,
      },
      // The scores must be finished; the weighted values of the head before may be under way.
      head > 0 ? 1 : 0,
    );
  }
  weigh(heads - 1);
}

function reserveBuffers(context: ScheduleContext, group: AttentionGroup): Buffers {
  const { shape, tokens, width, branchBase } = context;
  const { heads, headWidth } = group;
  const copies = Math.min(2, heads);
  const headWords = context.words(headWidth);
  const keyWords = context.words(tokens);
  const scoreStride = Math.ceil(tokens / shape.outputs);
  const probabilityStride = Math.ceil(tokens / shape.inputs);
  const outStride = context.words(heads * headPitch(headWidth, shape.outputs));
  const alternating = (base: number, rows: number, stride: number) => (head: number) => ({
    base: base + (head % 2) * rows * stride,
    stride,
  });
  const outBase = branchBase + copies * tokens * headWords;
  const keyBase = tokens * context.words(width);
  const valueBase = keyBase + copies * tokens * headWords;
  context.reserve('activations', outBase + tokens * outStride);
  context.reserve('keys', valueBase + copies * headWidth * keyWords);
  context.reserve('scores', copies * tokens * scoreStride);
  context.reserve('probabilities', copies * tokens * probabilityStride);
  return {
    tokens: context.region(group.query.input),
    query: alternating(branchBase, tokens, headWords),
    key: alternating(keyBase, tokens, headWords),
    value: alternating(valueBase, headWidth, keyWords),
    scores: alternating(0, tokens, scoreStride),
    probabilities: alternating(0, tokens, probabilityStride),
    out: { base: outBase, stride: outStride },
  };
}
