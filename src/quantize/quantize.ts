import type { QuantSettings } from '../dsl/design.ts';
import type { IntegerGraph, IntegerNode, MeanPoolNode, TensorType } from '../ir/index.ts';
import type { FeedForwardBranch, Model, Parameters } from '../model/index.ts';
import { attentionNodes } from './attention.ts';
import { type Context, createContext, residualType } from './context.ts';
import { dyadic } from './dyadic.ts';
import { applyFolds } from './folds/index.ts';
import { layerNormNode } from './layer-norm.ts';
import { headNode, hiddenLayer, linearNode, MAX_EPILOGUE_SHIFT } from './linear.ts';
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
  let stream = outputOf(nodes);
  for (const branch of model.branches) {
    const added =
      branch.kind === 'attention'
        ? attentionNodes(context, branch, stream)
        : feedForwardNodes(context, branch, stream);
    nodes.push(...added.map((node) => withPlace(node, branch.place ?? model.place)));
    stream = outputOf(nodes);
  }
  const tail = headNodes(context, stream);
  nodes.push(...tail.map((node) => withPlace(node, model.place)));
  return { graph: deepFreeze({ name: model.name, input, nodes }), parameters };
}

function feedForwardNodes(
  context: Context,
  branch: FeedForwardBranch,
  stream: TensorType,
): IntegerNode[] {
  const nodes: IntegerNode[] = [
    layerNormNode(context, `${branch.name}.norm`, stream, context.tokens),
  ];
  branch.layers.forEach((layer, i) => {
    const name = `${branch.name}.linear${i}`;
    const input = outputOf(nodes);
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

/** Pooling, final LayerNorm of the one row that is left, head: timm's order. */
function headNodes(context: Context, stream: TensorType): IntegerNode[] {
  const pool = context.model.pooling === 'mean' ? [meanPoolNode(context, stream)] : [];
  const norm = layerNormNode(context, 'norm', pool[0]?.output ?? stream, 1);
  return [...pool, norm, headNode(context, norm.output)];
}

function meanPoolNode(context: Context, input: TensorType): MeanPoolNode {
  const output = residualType(context, 'pool', 1);
  const factor = input.scale / (context.tokens * output.scale);
  return {
    kind: 'meanPool',
    output,
    input: input.name,
    ...dyadic(factor, MAX_EPILOGUE_SHIFT),
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
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
