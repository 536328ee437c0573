import { type LinearNode, requantizationOf } from '../../ir/index.ts';
import { keyOutputs, wordElements } from '../engine.ts';
import type { MatmulOperation, WeightSegment } from '../program.ts';
import { type ScheduleContext, tapOf } from './context.ts';
import { type AttentionGroup, headPitch } from './groups.ts';
import type { PooledMemory } from './place.ts';
import { matmulStep, type Step } from './steps.ts';

/** Where a buffer lies: first word, and words from TP rows to the next. */
interface Buffer {
  readonly base: number;
  readonly stride: number;
}

/** The buffers of an attention. Each head has its own; those that are no longer needed are shared. */
interface Buffers {
  readonly tokens: Buffer;
  readonly query: (head: number) => Buffer;
  readonly key: (head: number) => Buffer;
  readonly value: (head: number) => Buffer;
  readonly scores: (head: number) => Buffer;
  readonly probabilities: (head: number) => Buffer;
  readonly out: Buffer;
}

/**
 * The heads of one attention, pipelined. Of each head: key, query, scores, value; then, while the
 * softmax works on these scores, the weighted values of the head before. Values come after the
 * scores so that the last softmax has two products beside it.
 */
export function attentionSteps(context: ScheduleContext, group: AttentionGroup): Step[] {
  const { shape, tokens, width } = context;
  const { heads, headWidth, query, key, value, scores, softmax, weighted } = group;
  const buffers = reserveBuffers(context, group);
  context.locate(weighted.output.name, { memory: 'activations', ...buffers.out });

  const kTiles = Math.ceil(width / shape.inputs);
  const headRows = Math.ceil(headWidth / shape.outputs) * shape.outputs;
  const weights = new Map(
    [query, key, value].map((node) => [
      node,
      context.weight(node, { count: heads, width: headWidth }, width),
    ]),
  );
  const outputs = keyOutputs(shape);
  const scoreChannels = context.channels(scores, 0, tokens, outputs);
  const valueChannels = context.channels(weighted, 0, headWidth, outputs);
  const softmaxName = softmax.output.name;
  const expBase = context.table('exp', softmaxName, 'exp', softmax.expTable);
  const oneBase = context.table('reciprocal', softmaxName, 'reciprocal_one', softmax.one.table);
  const twoBase = context.table('reciprocal', softmaxName, 'reciprocal_two', softmax.two.table);
  const requantize = (node: typeof scores | typeof weighted) => {
    const { shift, low, high, table } = requantizationOf(node);
    const tableBase = context.activationTable(node.output.name, table);
    return { lead: 0, skip: null, shift, low, high, tableBase, place: node.place } as const;
  };

  const project = (node: LinearNode, head: number, out: Omit<MatmulOperation['out'], 'part'>) =>
    matmulStep(
      {
        name: `${node.output.name}.head${head}`,
        tap: tapOf(node.output.name, { columnOffset: head * headWidth }),
        place: node.place,
        rows: tokens,
        lead: 0,
        reduction: width,
        elements: width,
        columns: headWidth,
        outputs: shape.outputs,
        a: { source: 'normalized', ...buffers.tokens },
        b: context.fromWeight(weights.get(node) as WeightSegment, head * headRows * kTiles),
        parameterBase: context.channels(node, head * headWidth, headWidth),
        ...context.epilogue(node),
        out: { ...out, part: 0 },
      },
      3,
      ['layerNorm'],
    );

  const score = (head: number) =>
    matmulStep(
      {
        ...requantize(scores),
        name: `${scores.output.name}.head${head}`,
        tap: tapOf(scores.output.name, { head }),
        rows: tokens,
        reduction: headWidth,
        elements: headWidth,
        columns: tokens,
        outputs,
        a: { source: 'activations', ...buffers.query(head) },
        b: { source: 'keyRows', ...buffers.key(head) },
        parameterBase: scoreChannels,
        out: { destination: 'scores', ...buffers.scores(head), part: 0 },
      },
      // The keys must be in memory; the queries, which are streamed, may be on their way.
      1,
    );

  const weigh = (head: number) => {
    const column = head * headPitch(headWidth, outputs);
    const word = wordElements(shape);
    const last = head === heads - 1;
    return matmulStep(
      {
        ...requantize(weighted),
        name: `${weighted.output.name}.head${head}`,
        tap: tapOf(weighted.output.name, { columnOffset: head * headWidth }),
        rows: tokens,
        reduction: tokens,
        elements: tokens,
        columns: headWidth,
        outputs,
        a: { source: 'probabilities', ...buffers.probabilities(head) },
        b: { source: 'keyColumns', ...buffers.value(head) },
        parameterBase: valueChannels,
        out: {
          destination: 'activations',
          base: buffers.out.base + Math.floor(column / word),
          stride: buffers.out.stride,
          part: (column % word) / outputs,
        },
      },
      // The softmax of the next head has started, so that of this one is over, and its values were
      // finished before. After the last head nobody has waited for either.
      last ? (heads > 1 ? 1 : 0) : 3,
      last ? ['softmax'] : [],
    );
  };

  const normalize = (head: number): Step => ({
    unit: 'softmax',
    operation: {
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
    // The scores must be in memory; the values may be on their way.
    maxMatmul: 1,
    idle: [],
  });

  const steps: Step[] = [];
  for (let head = 0; head < heads; head++) {
    steps.push(
      project(key, head, { destination: 'keys', ...buffers.key(head) }),
      project(query, head, { destination: 'activations', ...buffers.query(head) }),
      score(head),
      project(value, head, { destination: 'keys', ...buffers.value(head) }),
      normalize(head),
    );
    if (head > 0) steps.push(weigh(head - 1));
  }
  steps.push(weigh(heads - 1));
  return steps;
}

function reserveBuffers(context: ScheduleContext, group: AttentionGroup): Buffers {
  const { shape, tokens, tokenWords } = context;
  const { heads, headWidth } = group;
  const perHead = (memory: PooledMemory, stride: number) => {
    const bases = Array.from({ length: heads }, () => context.buffer(memory, tokenWords * stride));
    return (head: number) => ({ base: bases[head] as number, stride });
  };
  const headWords = context.words(headWidth);
  const outputs = keyOutputs(shape);
  const outStride = context.words(heads * headPitch(headWidth, outputs));
  const { base, stride } = context.region(group.query.input);
  return {
    tokens: { base, stride },
    query: perHead('activations', headWords),
    key: perHead('keys', headWords),
    value: perHead('keys', headWords),
    scores: perHead('scores', Math.ceil(tokens / outputs)),
    probabilities: perHead('probabilities', Math.ceil(tokens / shape.inputs)),
    out: { base: context.buffer('activations', tokenWords * outStride), stride: outStride },
  };
}
