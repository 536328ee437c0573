import {
  type Epilogue,
  type IntegerGraph,
  type LayerNormNode,
  type LinearNode,
  type MeanPoolNode,
  type PatchEmbeddingNode,
  rangeOf,
  tensorType,
} from '../ir/index.ts';
import { type AttentionGroup, attentionGroups } from './attention.ts';
import { type EngineShape, wordElements } from './engine.ts';
import { allocator, tableAllocator } from './memory.ts';
import type {
  Instruction,
  LayerNormOperation,
  MatmulOperation,
  MeanPoolOperation,
  ParameterSegment,
  Program,
  SoftmaxOperation,
  Tap,
  Unit,
  WeightSegment,
} from './program.ts';

/**
 * Writes the program of the engine for one integer graph.
 *
 * Every matrix product is `A * B^T` with both operands lying along the reduction: projections
 * stream tokens past weights; scores stream queries past keys; the value projection is computed
 * transposed (weight rows stream past tokens), so that weighted values can stream probabilities
 * past it without a transposition anywhere.
 *
 * The heads of an attention are pipelined: while the softmax of head h runs, the projections and
 * scores of head h+1 are computed, so queries, keys, values, scores and probabilities have two
 * buffers each. See docs/architecture.md, "Schedule".
 */
export function schedule(graph: IntegerGraph, shape: EngineShape): Program {
  const word = wordElements(shape);
  const words = (elements: number) => Math.ceil(elements / word);
  const { inputs: TI, outputs: TO, vector: VL } = shape;

  const instructions: Instruction[] = [];
  const matmuls: MatmulOperation[] = [];
  const layerNorms: LayerNormOperation[] = [];
  const softmaxes: SoftmaxOperation[] = [];
  const meanPools: MeanPoolOperation[] = [];
  const weightMemory = allocator();
  const parameterMemory = allocator();
  const normMemory = allocator();
  const weights: WeightSegment[] = [];
  const parameters: ParameterSegment[] = [];
  const activationTables = tableAllocator();
  const expTables = tableAllocator();
  const reciprocalTables = tableAllocator();
  const rsqrtTables = tableAllocator();

  const [patches, patchSize] = graph.input.tensor.shape as [number, number];
  const embedding = graph.nodes[0];
  if (embedding?.kind !== 'patchEmbedding') throw new Error('the first node embeds the patches');
  const [tokens, width] = embedding.output.shape as [number, number];
  const residualStride = Math.ceil(width / TO);
  const tokenWords = words(width);
  const depths = {
    activations: tokens * tokenWords,
    keys: 0,
    scores: 0,
    probabilities: 0,
    residual: tokens * residualStride,
    result: 0,
  };
  /** Where a tensor lies: activations by word, residual rows by word. */
  const located = new Map<string, { base: number; stride: number }>();
  const groups = attentionGroups(graph);
  const inAttention = new Set(
    groups.flatMap((g) =>
      [g.query, g.key, g.value, g.scores, g.softmax, g.weighted].map((n) => n.output.name),
    ),
  );

  const push = (
    unit: Unit,
    operation: number,
    label: string,
    maxMatmul: 0 | 1 | 2 | 3,
    idle: readonly Unit[] = [],
  ) => instructions.push({ unit, operation, maxMatmul, idle, label });

  const placeWeight = (
    tensor: string,
    path: string,
    rows: number,
    reduction: number,
    heads: WeightSegment['heads'] = null,
  ): WeightSegment => {
    const segment = {
      tensor,
      path,
      base: weightMemory.take(rows * Math.ceil(reduction / TI)),
      rows,
      reduction,
      heads,
    };
    weights.push(segment);
    return segment;
  };
  const placeParameters = (
    tensor: string,
    path: string,
    first: number,
    channels: number,
  ): number => {
    const padded = Math.ceil(channels / TO) * TO;
    const base = parameterMemory.take(padded);
    parameters.push({ tensor, path, base, first, channels, words: padded });
    return base;
  };
  const tap = (tensor: string, more: Partial<Tap> = {}): Tap => ({
    tensor,
    head: null,
    columnOffset: 0,
    transposed: false,
    ...more,
  });
  const epilogueOf = (node: LinearNode, epilogue: Epilogue) => ({
    shift: epilogue.shift,
    low: epilogue.low,
    high: epilogue.high,
    tableBase: epilogue.table
      ? activationTables.place(node.output.name, `${node.output.name}.activation`, epilogue.table)
      : null,
    skip: epilogue.residual
      ? {
          source: 'residual' as const,
          base: 0,
          stride: residualStride,
          multiplier: epilogue.residual.multiplier,
          shift: epilogue.residual.shift,
        }
      : null,
  });
  const matmul = (
    operation: MatmulOperation,
    maxMatmul: 0 | 1 | 2 | 3,
    idle: readonly Unit[] = [],
  ) => {
    matmuls.push(operation);
    push('matmul', matmuls.length - 1, operation.name, maxMatmul, idle);
  };

  const scheduleEmbedding = (node: PatchEmbeddingNode) => {
    const weight = placeWeight(node.output.name, node.path, width, patchSize);
    const { low, high } = rangeOf(node.output.format);
    matmul(
      {
        name: node.output.name,
        tap: tap(node.output.name),
        place: node.place,
        rows: tokens,
        lead: node.leading,
        reduction: patchSize,
        columns: width,
        products: patches * patchSize * width,
        a: { source: 'input', base: 0, stride: Math.ceil(patchSize / TI) },
        b: { source: 'weights', base: weight.base, stride: Math.ceil(patchSize / TI) },
        parameters: { base: placeParameters(node.output.name, node.path, 0, width), byRow: false },
        shift: node.shift,
        low,
        high,
        tableBase: null,
        skip: { source: 'offset', base: 0, stride: residualStride, multiplier: 1, shift: 0 },
        out: { destination: 'residual', base: 0, stride: residualStride, part: 0 },
      },
      3,
      ['input'],
    );
    located.set(node.output.name, { base: 0, stride: residualStride });
    // The next frame may come in as soon as the patches have been read.
    push('input', 0, 'input of the next frame', 0);
  };

  const scheduleNorm = (node: LayerNormNode) => {
    const source = located.get(node.input);
    if (!source) throw new Error(`${node.input} is not in the residual memory`);
    const feedsValues = groups.some((g) => g.value.input === node.output.name);
    layerNorms.push({
      name: node.output.name,
      tap: tap(node.output.name),
      place: node.place,
      rows: node.rows,
      xBase: source.base,
      parameterBase: normMemory.take(Math.ceil(width / VL)),
      tableBase: rsqrtTables.place(node.output.name, `${node.output.name}.rsqrt`, node.table),
      outBase: 0,
      keyBase: feedsValues ? 0 : null,
    });
    if (feedsValues) depths.keys = Math.max(depths.keys, tokens * tokenWords);
    located.set(node.output.name, { base: 0, stride: tokenWords });
    push('layerNorm', layerNorms.length - 1, node.output.name, 0, ['meanPool']);
  };

  const schedulePool = (node: MeanPoolNode) => {
    const source = located.get(node.input);
    if (!source) throw new Error(`${node.input} is not in the residual memory`);
    const outBase = tokens * residualStride;
    depths.residual = Math.max(depths.residual, outBase + residualStride);
    meanPools.push({
      name: node.output.name,
      tap: tap(node.output.name),
      place: node.place,
      rows: tokens,
      xBase: source.base,
      xStride: residualStride,
      outBase,
    });
    located.set(node.output.name, { base: outBase, stride: residualStride });
    push('meanPool', meanPools.length - 1, node.output.name, 0);
  };

  /** Words after the normalized tokens are shared by the branches, which never overlap in time. */
  const branchBase = tokens * tokenWords;
  let chainEnd = branchBase;

  const scheduleLinear = (node: LinearNode) => {
    const source = located.get(node.input);
    if (!source) throw new Error(`${node.input} is not in the activation memory`);
    const [rows, columns] = node.output.shape as [number, number];
    const attention = groups.find((g) => g.weighted.output.name === node.input);
    const pitch = attention ? headPitch(attention.headWidth, TO) : 0;
    const plain = tensorType(graph, node.input).shape[1] as number;
    const reduction = attention ? attention.heads * pitch : plain;
    const weight = placeWeight(
      node.output.name,
      node.path,
      columns,
      reduction,
      attention ? { count: attention.heads, width: attention.headWidth, pitch } : null,
    );
    const last = graph.nodes.at(-1) === node;
    const destination = last ? 'result' : node.epilogue.residual ? 'residual' : 'activations';
    const out = { destination, base: 0, stride: residualStride, part: 0 } as const;
    let place: { base: number; stride: number } = { base: 0, stride: residualStride };
    if (destination === 'activations') {
      // A layer's output lies behind its input, which is read until the layer is finished.
      place = { base: chainEnd, stride: words(columns) };
      chainEnd += rows * place.stride;
      depths.activations = Math.max(depths.activations, chainEnd);
    } else {
      chainEnd = branchBase;
    }
    if (destination === 'result') {
      place = { base: 0, stride: Math.ceil(columns / TO) };
      depths.result = Math.ceil(columns / TO);
    }
    located.set(node.output.name, place);
    const previous = matmuls.at(-1);
    const idle: Unit[] = ['layerNorm'];
    if (destination === 'result') idle.push('result');
    matmul(
      {
        name: node.output.name,
        tap: tap(node.output.name),
        place: node.place,
        rows,
        lead: 0,
        reduction,
        columns,
        products: rows * plain * columns,
        a: { source: 'activations', base: source.base, stride: source.stride },
        b: { source: 'weights', base: weight.base, stride: Math.ceil(reduction / TI) },
        parameters: {
          base: placeParameters(node.output.name, node.path, 0, columns),
          byRow: false,
        },
        ...epilogueOf(node, node.epilogue),
        out: { ...out, base: place.base, stride: place.stride },
      },
      readsSafelyAfter(previous, node.input, source.base, shape) ? 3 : 0,
      idle,
    );
  };

  const scheduleAttention = (group: AttentionGroup) => {
    const { heads, headWidth } = group;
    const normalized = located.get(group.query.input);
    if (!normalized) throw new Error(`${group.query.input} is not in the activation memory`);
    const pitch = headPitch(headWidth, TO);
    const headWords = words(headWidth);
    const keyWords = words(tokens);
    const buffers = Math.min(2, heads);
    const scoreStride = Math.ceil(tokens / TO);
    const probabilityStride = Math.ceil(tokens / TI);
    const outStride = words(heads * pitch);
    const act = { query: branchBase, out: branchBase + buffers * tokens * headWords };
    const key = {
      key: tokens * tokenWords,
      value: tokens * tokenWords + buffers * tokens * headWords,
    };
    depths.activations = Math.max(depths.activations, act.out + tokens * outStride);
    depths.keys = Math.max(depths.keys, key.value + buffers * headWidth * keyWords);
    depths.scores = Math.max(depths.scores, buffers * tokens * scoreStride);
    depths.probabilities = Math.max(depths.probabilities, buffers * tokens * probabilityStride);
    located.set(group.weighted.output.name, { base: act.out, stride: outStride });

    const k = Math.ceil(width / TI);
    const segment = (node: LinearNode) => placeWeight(node.output.name, node.path, width, width);
    const queryWeight = segment(group.query);
    const keyWeight = segment(group.key);
    const valueWeight = segment(group.value);
    const scoreParameters = placeParameters(
      group.scores.output.name,
      group.scores.output.name,
      0,
      tokens,
    );
    const valueParameters = placeParameters(
      group.weighted.output.name,
      group.weighted.output.name,
      0,
      headWidth,
    );
    const expBase = expTables.place(
      group.softmax.output.name,
      `${group.softmax.output.name}.exp`,
      group.softmax.expTable,
    );
    const [oneBase, twoBase] = (['one', 'two'] as const).map((part) =>
      reciprocalTables.place(
        group.softmax.output.name,
        `${group.softmax.output.name}.reciprocal_${part}`,
        group.softmax[part].table,
      ),
    ) as [number, number];

    const projection = (node: LinearNode, weight: WeightSegment, h: number) => ({
      name: `${node.output.name}.head${h}`,
      place: node.place,
      reduction: width,
      products: tokens * width * headWidth,
      weightBase: weight.base + h * headWidth * k,
      parameters: placeParameters(node.output.name, node.path, h * headWidth, headWidth),
      tap: tap(node.output.name, { head: null, columnOffset: h * headWidth }),
      ...epilogueOf(node, node.epilogue),
    });
    const streamTokens = (
      node: LinearNode,
      weight: WeightSegment,
      h: number,
      out: MatmulOperation['out'],
    ) => {
      const { weightBase, parameters: base, ...common } = projection(node, weight, h);
      matmul(
        {
          ...common,
          rows: tokens,
          lead: 0,
          columns: headWidth,
          a: { source: 'activations', base: normalized.base, stride: normalized.stride },
          b: { source: 'weights', base: weightBase, stride: k },
          parameters: { base, byRow: false },
          out,
        },
        3,
        ['layerNorm'],
      );
    };
    const limits = (name: string) => rangeOf(tensorType(graph, name).format);

    const weigh = (h: number) => {
      const column = h * pitch;
      matmul(
        {
          name: `${group.weighted.output.name}.head${h}`,
          tap: tap(group.weighted.output.name, { columnOffset: h * headWidth }),
          place: group.weighted.place,
          rows: tokens,
          lead: 0,
          reduction: tokens,
          columns: headWidth,
          products: tokens * tokens * headWidth,
          a: {
            source: 'probabilities',
            base: (h % 2) * tokens * probabilityStride,
            stride: probabilityStride,
          },
          b: { source: 'keys', base: key.value + (h % 2) * headWidth * keyWords, stride: keyWords },
          parameters: { base: valueParameters, byRow: false },
          shift: group.weighted.shift,
          ...limits(group.weighted.output.name),
          tableBase: null,
          skip: null,
          out: {
            destination: 'activations',
            base: act.out + Math.floor(column / word),
            stride: outStride,
            part: (column % word) / TO,
          },
        },
        3,
        ['softmax'],
      );
    };

    for (let h = 0; h < heads; h++) {
      const buffer = h % 2;
      const queryBase = act.query + buffer * tokens * headWords;
      const keyBase = key.key + buffer * tokens * headWords;
      const valueBase = key.value + buffer * headWidth * keyWords;
      streamTokens(group.query, queryWeight, h, {
        destination: 'activations',
        base: queryBase,
        stride: headWords,
        part: 0,
      });
      streamTokens(group.key, keyWeight, h, {
        destination: 'keys',
        base: keyBase,
        stride: headWords,
        part: 0,
      });
      const value = projection(group.value, valueWeight, h);
      const { weightBase, parameters: valueChannels, ...common } = value;
      matmul(
        {
          ...common,
          tap: { ...common.tap, transposed: true },
          rows: headWidth,
          lead: 0,
          columns: tokens,
          a: { source: 'weights', base: weightBase, stride: k },
          b: { source: 'keys', base: 0, stride: tokenWords },
          parameters: { base: valueChannels, byRow: true },
          out: { destination: 'keys', base: valueBase, stride: keyWords, part: 0 },
        },
        3,
        ['layerNorm'],
      );
      matmul(
        {
          name: `${group.scores.output.name}.head${h}`,
          tap: tap(group.scores.output.name, { head: h }),
          place: group.scores.place,
          rows: tokens,
          lead: 0,
          reduction: headWidth,
          columns: tokens,
          products: tokens * tokens * headWidth,
          a: { source: 'activations', base: queryBase, stride: headWords },
          b: { source: 'keys', base: keyBase, stride: headWords },
          parameters: { base: scoreParameters, byRow: false },
          shift: group.scores.shift,
          ...limits(group.scores.output.name),
          tableBase: null,
          skip: null,
          out: {
            destination: 'scores',
            base: buffer * tokens * scoreStride,
            stride: scoreStride,
            part: 0,
          },
        },
        // Query and key of this head must be finished; the value projection may be under way.
        1,
      );
      if (h > 0) weigh(h - 1);
      softmaxes.push({
        name: `${group.softmax.output.name}.head${h}`,
        tap: tap(group.softmax.output.name, { head: h }),
        place: group.softmax.place,
        rows: tokens,
        xBase: buffer * tokens * scoreStride,
        outBase: buffer * tokens * probabilityStride,
        expBase,
        oneBase,
        twoBase,
      });
      // The scores must be finished; the weighted values of the head before may be under way.
      push('softmax', softmaxes.length - 1, `${group.softmax.output.name}.head${h}`, h > 0 ? 1 : 0);
    }
    weigh(heads - 1);
  };

  push('input', 0, 'input of the first frame', 3);
  for (const node of graph.nodes) {
    if (node.kind === 'patchEmbedding') scheduleEmbedding(node);
    else if (node.kind === 'layerNorm') scheduleNorm(node);
    else if (node.kind === 'meanPool') schedulePool(node);
    else if (node.kind === 'linear' && !inAttention.has(node.output.name)) scheduleLinear(node);
    else if (node.kind === 'weightedValues') {
      scheduleAttention(groups.find((g) => g.weighted === node) as AttentionGroup);
    }
  }
  push('result', 0, 'result of the frame', 0);

  return {
    instructions,
    loopStart: 1,
    matmuls,
    layerNorms,
    softmaxes,
    meanPools,
    weights,
    parameters,
    activationTables: activationTables.segments,
    expTables: expTables.segments,
    reciprocalTables: reciprocalTables.segments,
    rsqrtTables: rsqrtTables.segments,
    depths: {
      ...depths,
      input: patches * Math.ceil(patchSize / TI),
      offset: tokens * residualStride,
      weights: weightMemory.depth,
      parameters: parameterMemory.depth,
      normParameters: normMemory.depth,
    },
  };
}

/** Channels from one head to the next in the concatenated values: each starts at an output tile. */
function headPitch(headWidth: number, outputs: number): number {
  return Math.ceil(headWidth / outputs) * outputs;
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
  const word = wordElements(shape);
  const firstColumn =
    (previous.out.base - inputBase) * word +
    previous.out.part * shape.outputs +
    (Math.ceil(previous.columns / shape.outputs) - 1) * shape.outputs;
  return Math.floor(firstColumn / shape.inputs) >= 1;
}
