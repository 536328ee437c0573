import type { ScoresNode, SoftmaxNode, WeightedValuesNode } from './nodes/attention.ts';
import type { LayerNormNode } from './nodes/layer-norm.ts';
import type { LinearNode } from './nodes/linear.ts';
import type { MeanPoolNode } from './nodes/mean-pool.ts';
import type { PatchEmbeddingNode } from './nodes/patch-embedding.ts';
import type { TensorType } from './tensor.ts';

export type IntegerNode =
  | PatchEmbeddingNode
  | LayerNormNode
  | LinearNode
  | ScoresNode
  | SoftmaxNode
  | WeightedValuesNode
  | MeanPoolNode;

/** Filter of the nodes of one kind. */
export const isKind =
  <K extends IntegerNode['kind']>(kind: K) =>
  (node: IntegerNode): node is Extract<IntegerNode, { kind: K }> =>
    node.kind === kind;

/**
 * The integer graph: the contract between quantization, golden model, planner and RTL. Nodes are
 * in an order in which every input is produced before it is used. The last node's output, one row
 * of `classes` codes, is the result.
 */
export interface IntegerGraph {
  readonly name: string;
  readonly input: GraphInput;
  readonly nodes: readonly IntegerNode[];
  /** Output channels whose weights need fewer bits than the others; absent where there are none. */
  readonly rows?: NarrowRows | undefined;
}

/**
 * Of every `of` output channels of a layer, or of a head where heads own its channels, the weights
 * of the last `outputs` are signed numbers of `bits` bits.
 */
export interface NarrowRows {
  readonly outputs: number;
  readonly of: number;
  readonly bits: number;
  /** They are 0 or powers of two. */
  readonly powersOfTwo?: boolean | undefined;
}

/** How an image becomes the codes of the first tensor; done by the host, before the accelerator. */
export interface GraphInput {
  /** `[patches, patchSize]`, each patch in order channel, row, column. */
  readonly tensor: TensorType;
  readonly image: { readonly height: number; readonly width: number; readonly channels: number };
  readonly patch: number;
  /** Per channel: `code = clip(roundHalfEven((pixel / 255 - mean) / std / scale))`. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The type of a named tensor. Throws when the graph has none of that name. */
export function tensorType(graph: IntegerGraph, name: string): TensorType {
  if (graph.input.tensor.name === name) return graph.input.tensor;
  const node = graph.nodes.find((n) => n.output.name === name);
  if (!node) throw new Error(`the graph ${graph.name} has no tensor ${name}`);
  return node.output;
}
