import type { QuantSettings } from '../dsl/design.ts';
import type { IntegerGraph, IntegerNode, TensorType } from '../ir/index.ts';
import type { FeedForwardBranch, Model, Parameters } from '../model/index.ts';
import { assemble, type NodeMaker } from './assemble.ts';
import { attentionNodes } from './attention.ts';
import { type Context, createContext, residualType } from './context.ts';
import { applyFolds } from './folds/index.ts';
import { layerNormNode } from './layer-norm.ts';
import { FIRST_ROWS } from './layers.ts';
import { headNode, hiddenLayer, linearNode } from './linear.ts';
import { activationNode } from './memories.ts';
import { narrowRows } from './mixed-rows.ts';
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
  const nodes = assemble(context, input.tensor, makerOf(context));
  const { rows } = context.method;
  const narrow = rows && { rows: narrowRows(rows, nodes) };
  return { graph: deepFreeze({ name: model.name, input, nodes, ...narrow }), parameters };
}

function makerOf(context: Context): NodeMaker {
  return {
    embedding: (input) => patchEmbeddingNode(context, input),
    norm: (path, input, rows) => layerNormNode(context, path, input, rows),
    activation: (reader, input, rows) =>
      reader === 'branch'
        ? activationNode(context, input, rows)
        : activationNode(context, input, rows, context.endActivation, headSees(context, input)),
    branch: (branch, input, skip) =>
      branch.kind === 'attention'
        ? attentionNodes(context, branch, input, skip)
        : feedForwardNodes(context, branch, input, skip),
    head: (input) => headNode(context, input),
  };
}

/** The tensor under which calibration saw what the head reads of the residual stream. */
export function headSees({ model }: Context, input: TensorType): string {
  return model.pooling === 'mean' ? input.name : FIRST_ROWS;
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

/** Freezes objects and arrays; typed arrays cannot be frozen and stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
