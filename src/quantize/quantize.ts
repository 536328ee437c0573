import type { QuantSettings } from '../dsl/design.ts';
import type { IntegerGraph, IntegerNode, MeanPoolNode, TensorType } from '../ir/index.ts';
import {
  type Branch,
  type FeedForwardBranch,
  headPaths,
  leadingTokens,
  type Model,
  type Parameters,
  tokenCount,
} from '../model/index.ts';
import { attentionNodes } from './attention.ts';
import { type Context, createContext, residualType } from './context.ts';
import { dyadic } from './dyadic.ts';
import { applyFolds } from './folds/index.ts';
import { layerNormNode } from './layer-norm.ts';
import { FIRST_ROWS } from './layers.ts';
import { headNode, hiddenLayer, linearNode, MAX_EPILOGUE_SHIFT } from './linear.ts';
import { activationNode, streamNode } from './memories.ts';
import { createObservations, type Observations } from './observations.ts';
import { graphInput, patchEmbeddingNode } from './patch-embedding.ts';

/**
 * Static post-training quantization: the float model runs over the calibration images (bytes,
 * `[row][column][channel]`), and every tensor gets a step, and every weight a code, by the methods
 * of docs/quantization.md; by plain min-max where the settings name none. Probabilities are
 * unsigned; the residual stream has a step of its own after each branch. Deterministic; the result
 * is frozen. Throws `DiagnosticsError` when there is no image or the float model overflows.
 */
export function quantize(
  model: Model,
  parameters: Parameters,
  calibrationImages: readonly Uint8Array[],
  settings: QuantSettings,
): IntegerGraph {
  return quantizeObserved(createObservations(model, parameters, calibrationImages), settings).graph;
}

export interface Quantized {
  readonly graph: IntegerGraph;
  /** What the graph stands for: the model's parameters after the folds, of the same float function. */
  readonly parameters: Parameters;
}

/** `quantize` of a model that has been observed already, for several settings one after the other. */
export function quantizeObserved(observations: Observations, settings: QuantSettings): Quantized {
  const folded = applyFolds(observations, settings);
  const { model, parameters } = folded;
  const context = createContext(folded, settings);
  const input = graphInput(context);
  const nodes: IntegerNode[] = [withPlace(patchEmbeddingNode(context, input.tensor), model.place)];
  let stream: Stream = { tensor: outputOf(nodes), normed: null };
  for (const branch of model.branches) {
    const place = branch.place ?? model.place;
    const add = (...added: IntegerNode[]) => {
      nodes.push(...added.map((node) => withPlace(node, place)));
      return outputOf(nodes);
    };
    stream =
      model.norm === 'post'
        ? postNorm(context, branch, stream, add)
        : preNorm(context, branch, stream, add);
  }
  const tail = headNodes(context, stream);
  nodes.push(...tail.map((node) => withPlace(node, model.place)));
  return { graph: deepFreeze({ name: model.name, input, nodes }), parameters };
}

/** The residual stream, and the same in the format of activations where a post-norm has made it. */
interface Stream {
  readonly tensor: TensorType;
  readonly normed: TensorType | null;
}

/** Adds nodes to the graph; gives the output of the last one. */
type Add = (...nodes: IntegerNode[]) => TensorType;

/** `x + branch(layerNorm(x))` */
function preNorm(context: Context, branch: Branch, { tensor }: Stream, add: Add): Stream {
  const norm = add(layerNormNode(context, `${branch.name}.norm`, tensor, context.tokens));
  return { tensor: add(...branchNodes(context, branch, norm, tensor)), normed: null };
}

/** `layerNorm(x + branch(x))` */
function postNorm(context: Context, branch: Branch, stream: Stream, add: Add): Stream {
  const { tokens, model } = context;
  const input = stream.normed ?? add(activationNode(context, stream.tensor, tokens));
  // The stream must stand in its own memory to be added to.
  const skip = stream.normed
    ? add(streamNode(context, stream.normed, stream.tensor))
    : stream.tensor;
  const sum = add(...branchNodes(context, branch, input, skip));
  const rows = branch === model.branches.at(-1) ? rowsRead(model) : tokens;
  return { tensor: sum, normed: add(layerNormNode(context, `${branch.name}.norm`, sum, rows)) };
}

/** Rows of the last LayerNorm of a post-norm encoder that something reads. */
function rowsRead(model: Model): number {
  const direct = model.pooling !== 'mean' && model.finalNorm === 'none';
  return direct ? headPaths(model).length : tokenCount(model);
}

function branchNodes(
  context: Context,
  branch: Branch,
  input: TensorType,
  skip: TensorType,
): IntegerNode[] {
  return branch.kind === 'attention'
    ? attentionNodes(context, branch, input, skip)
    : feedForwardNodes(context, branch, input, skip);
}

function feedForwardNodes(
  context: Context,
  branch: FeedForwardBranch,
  first: TensorType,
  stream: TensorType,
): IntegerNode[] {
  const nodes: IntegerNode[] = [];
  branch.layers.forEach((layer, i) => {
    const name = `${branch.name}.linear${i}`;
    const input = nodes.at(-1)?.output ?? first;
    const last = i === branch.layers.length - 1;
    nodes.push(
      last
        ? linearNode(
            context,
            name,
            input,
            residualType(context, branch.name, context.tokens),
            undefined,
            stream,
          )
        : hiddenLayer(context, name, input, layer.width, layer.activation),
    );
  });
  return nodes;
}

/**
 * Pooling, the last LayerNorm in its order, and the head. A LayerNorm of all tokens before a mean,
 * and a mean without one before the head, change their memories by nodes that compute nothing.
 */
export function headNodes(context: Context, { tensor, normed }: Stream): IntegerNode[] {
  const { pooling, finalNorm = 'pooled' } = context.model;
  const nodes: IntegerNode[] = [];
  const add: Add = (...added) => {
    nodes.push(...added);
    return outputOf(nodes);
  };
  const rows = headPaths(context.model).length;
  let stream = tensor;
  // Rows of a single token are normalized alone, whatever the model says of the others.
  const all = pooling === 'mean' && (finalNorm === 'tokens' || normed !== null);
  if (normed && (all || finalNorm !== 'none')) {
    stream = add(streamNode(context, normed, stream));
  }
  if (pooling === 'mean' && finalNorm === 'tokens') {
    const norm = add(layerNormNode(context, 'norm', stream, context.tokens));
    stream = add(streamNode(context, norm, stream));
  }
  if (pooling === 'mean') stream = add(meanPoolNode(context, stream));
  const plain = finalNorm === 'none' || (pooling === 'mean' && finalNorm === 'tokens');
  if (!plain) stream = add(layerNormNode(context, 'norm', stream, rows));
  else if (normed && pooling !== 'mean') stream = normed;
  else {
    const seen = pooling === 'mean' ? stream.name : FIRST_ROWS;
    stream = add(activationNode(context, stream, rows, context.endActivation, seen));
  }
  return [...nodes, headNode(context, stream)];
}

export function meanPoolNode(context: Context, input: TensorType): MeanPoolNode {
  const output = residualType(context, 'pool', 1);
  const firstRow = leadingTokens(context.model);
  const factor = input.scale / ((context.tokens - firstRow) * output.scale);
  return {
    kind: 'meanPool',
    output,
    input: input.name,
    ...dyadic(factor, MAX_EPILOGUE_SHIFT),
    ...(firstRow > 0 && { firstRow }),
  };
}

function outputOf(nodes: readonly IntegerNode[]): TensorType {
  const last = nodes[nodes.length - 1];
  if (!last) throw new Error('a graph begins with its patch embedding');
  return last.output;
}

function withPlace<N extends IntegerNode>(node: N, place: N['place']): N {
  return place ? { ...node, place } : node;
}

/** Freezes objects and arrays; typed arrays cannot be frozen and stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
