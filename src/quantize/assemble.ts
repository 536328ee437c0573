import type {
  IntegerNode,
  LayerNormNode,
  LinearNode,
  MeanPoolNode,
  PatchEmbeddingNode,
  TensorType,
} from '../ir/index.ts';
import {
  type Branch,
  EMBEDDING_NORM,
  headPaths,
  leadingTokens,
  type Model,
  tokenCount,
} from '../model/index.ts';
import { type Context, residualType } from './context.ts';
import { dyadic } from './dyadic.ts';
import { MAX_EPILOGUE_SHIFT } from './linear.ts';
import { streamNode } from './memories.ts';

/**
 * How the nodes of a model are made. What follows what is the same for a model that is quantized
 * here and for one whose integers come with its file.
 */
export interface NodeMaker {
  embedding(input: TensorType): PatchEmbeddingNode;
  /** The LayerNorm at a path (without `.weight`) of the first `rows` rows. */
  norm(path: string, input: TensorType, rows: number): LayerNormNode;
  /** Rows of the residual stream as activations, for a branch or for the head. */
  activation(reader: 'branch' | 'head', input: TensorType, rows: number): LayerNormNode;
  /** What a branch does between the tokens that it reads and the sum with `skip`. */
  branch(branch: Branch, input: TensorType, skip: TensorType): readonly IntegerNode[];
  head(input: TensorType): LinearNode;
}

/** The nodes of a model in order, each with its place. */
export function assemble(context: Context, input: TensorType, make: NodeMaker): IntegerNode[] {
  const { model } = context;
  const nodes: IntegerNode[] = [withPlace(make.embedding(input), model.place)];
  const embedding = outputOf(nodes);
  let stream: Stream = { tensor: embedding, normed: null };
  if (model.embeddingNorm) {
    const normed = make.norm(EMBEDDING_NORM, embedding, context.tokens);
    nodes.push(withPlace(normed, model.place));
    stream = { tensor: embedding, normed: normed.output };
    if (model.norm !== 'post') {
      nodes.push(withPlace(streamNode(context, normed.output, embedding), model.place));
      stream = { tensor: outputOf(nodes), normed: null };
    }
  }
  for (const branch of model.branches) {
    const place = branch.place ?? model.place;
    const add = (...added: readonly IntegerNode[]) => {
      nodes.push(...added.map((node) => withPlace(node, place)));
      return outputOf(nodes);
    };
    stream =
      model.norm === 'post'
        ? postNorm(context, make, branch, stream, add)
        : preNorm(context, make, branch, stream, add);
  }
  const tail = headNodes(context, make, stream);
  nodes.push(...tail.map((node) => withPlace(node, model.place)));
  return nodes;
}

/** The residual stream, and the same in the format of activations where a post-norm has made it. */
interface Stream {
  readonly tensor: TensorType;
  readonly normed: TensorType | null;
}

/** Adds nodes to the graph; gives the output of the last one. */
type Add = (...nodes: readonly IntegerNode[]) => TensorType;

/** `x + branch(layerNorm(x))` */
function preNorm(
  context: Context,
  make: NodeMaker,
  branch: Branch,
  { tensor }: Stream,
  add: Add,
): Stream {
  const norm = add(make.norm(`${branch.name}.norm`, tensor, context.tokens));
  return { tensor: add(...make.branch(branch, norm, tensor)), normed: null };
}

/** `layerNorm(x + branch(x))` */
function postNorm(
  context: Context,
  make: NodeMaker,
  branch: Branch,
  stream: Stream,
  add: Add,
): Stream {
  const { tokens, model } = context;
  const input = stream.normed ?? add(make.activation('branch', stream.tensor, tokens));
  // The stream must stand in its own memory to be added to.
  const skip = stream.normed
    ? add(streamNode(context, stream.normed, stream.tensor))
    : stream.tensor;
  const sum = add(...make.branch(branch, input, skip));
  const rows = branch === model.branches.at(-1) ? rowsRead(model) : tokens;
  return { tensor: sum, normed: add(make.norm(`${branch.name}.norm`, sum, rows)) };
}

/** Rows of the last LayerNorm of a post-norm encoder that something reads. */
function rowsRead(model: Model): number {
  const direct = model.pooling !== 'mean' && model.finalNorm === 'none';
  return direct ? headPaths(model).length : tokenCount(model);
}

/**
 * Pooling, the last LayerNorm in its order, and the head. A LayerNorm of all tokens before a mean,
 * and a mean without one before the head, change their memories by nodes that compute nothing.
 */
function headNodes(context: Context, make: NodeMaker, { tensor, normed }: Stream): IntegerNode[] {
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
    const norm = add(make.norm('norm', stream, context.tokens));
    stream = add(streamNode(context, norm, stream));
  }
  if (pooling === 'mean') stream = add(meanPoolNode(context, stream));
  const plain = finalNorm === 'none' || (pooling === 'mean' && finalNorm === 'tokens');
  if (!plain) stream = add(make.norm('norm', stream, rows));
  else if (normed && pooling !== 'mean') stream = normed;
  else stream = add(make.activation('head', stream, rows));
  return [...nodes, make.head(stream)];
}

function meanPoolNode(context: Context, input: TensorType): MeanPoolNode {
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
