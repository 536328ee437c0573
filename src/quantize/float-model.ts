import {
  type AttentionBranch,
  type FeedForwardBranch,
  type FloatTensor,
  type Model,
  type Parameters,
  patchCount,
  patchSize,
} from '../model/index.ts';
import {
  add,
  layerNorm,
  linear,
  meanRows,
  scores,
  softmax,
  weightedValues,
} from './float-operators.ts';
import { gelu } from './gelu.ts';

/**
 * Called with every tensor of the float model, under the name that the same tensor has in the
 * integer graph; what goes into an activation is `preActivation(name)`.
 */
export type Observer = (name: string, data: Float32Array) => void;

/** Name under which the input of an activation is observed; the integer graph has no such tensor. */
export function preActivation(name: string): string {
  return `${name}.preActivation`;
}

/** The parameter of that path. Throws when it is absent: the importer gives them all. */
export function parameter(parameters: Parameters, path: string): FloatTensor {
  const tensor = parameters.get(path);
  if (!tensor) throw new Error(`there is no parameter ${path}`);
  return tensor;
}

/**
 * Runs the model in floating point (sums in double, tensors in single precision).
 * `pixels` is row-major `[row][column][channel]`; gives the logits, `[classes]`.
 */
export function runFloatModel(
  model: Model,
  parameters: Parameters,
  pixels: Uint8Array,
  observe: Observer = () => {},
): Float32Array {
  const seen = (name: string, data: Float32Array) => {
    observe(name, data);
    return data;
  };
  const dense = (x: Float32Array, path: string) =>
    linear(x, parameter(parameters, `${path}.weight`), parameter(parameters, `${path}.bias`));
  const normalize = (x: Float32Array, path: string) =>
    layerNorm(
      x,
      parameter(parameters, `${path}.weight`),
      parameter(parameters, `${path}.bias`),
      model.epsilon,
    );

  const attention = (branch: AttentionBranch, x: Float32Array) => {
    const { name, heads } = branch;
    const normed = seen(`${name}.norm`, normalize(x, `${name}.norm`));
    const [query, key, value] = (['query', 'key', 'value'] as const).map((part) =>
      seen(`${name}.${part}`, dense(normed, `${name}.${part}`)),
    ) as [Float32Array, Float32Array, Float32Array];
    const score = seen(`${name}.scores`, scores(query, key, heads, model.width));
    const tokens = x.length / model.width;
    const probability = seen(`${name}.probabilities`, softmax(score, tokens));
    const weighted = weightedValues(probability, value, heads, model.width);
    return dense(seen(`${name}.weighted`, weighted), `${name}.output`);
  };

  const feedForward = (branch: FeedForwardBranch, x: Float32Array) => {
    let y = seen(`${branch.name}.norm`, normalize(x, `${branch.name}.norm`));
    branch.layers.forEach((layer, i) => {
      const name = `${branch.name}.linear${i}`;
      const before = dense(y, name);
      if (layer.activation !== 'none') observe(preActivation(name), before);
      y = activate(before, layer.activation);
      // The last layer has no tensor of its own: the skip connection is added in the same node.
      if (i < branch.layers.length - 1) observe(name, y);
    });
    return y;
  };

  let stream = embed(model, parameters, seen('input', patches(model, pixels)));
  seen('embedding', stream);
  for (const branch of model.branches) {
    const y = branch.kind === 'attention' ? attention(branch, stream) : feedForward(branch, stream);
    stream = seen(branch.name, add(stream, y));
  }
  const pooled =
    model.pooling === 'class'
      ? stream.slice(0, model.width)
      : seen('pool', meanRows(stream, model.width));
  return seen('logits', dense(seen('norm', normalize(pooled, 'norm')), 'head'));
}

/** Normalised pixels as `[patches, patchSize]`, each patch in order channel, row, column. */
export function patches(model: Model, pixels: Uint8Array): Float32Array {
  const { patch } = model;
  const { width, channels, mean, std } = model.image;
  const across = width / patch;
  const size = patchSize(model);
  const y = new Float32Array(patchCount(model) * size);
  for (let i = 0; i < y.length; i++) {
    const at = Math.floor(i / size);
    const within = i % size;
    const channel = Math.floor(within / (patch * patch));
    const row = Math.floor(at / across) * patch + (Math.floor(within / patch) % patch);
    const column = (at % across) * patch + (within % patch);
    const pixel = pixels[(row * width + column) * channels + channel] as number;
    y[i] = (pixel / 255 - (mean[channel] as number)) / (std[channel] as number);
  }
  return y;
}

function embed(model: Model, parameters: Parameters, input: Float32Array): Float32Array {
  const weight = parameter(parameters, 'patchEmbedding.weight');
  const tokens = linear(input, weight, parameter(parameters, 'patchEmbedding.bias'));
  const position = parameter(parameters, 'positionEmbedding').data;
  if (model.pooling === 'mean') return add(tokens, position);
  const joined = new Float32Array(position.length);
  joined.set(parameter(parameters, 'classToken').data);
  joined.set(tokens, model.width);
  return add(joined, position);
}

function activate(x: Float32Array, activation: 'none' | 'gelu' | 'relu'): Float32Array {
  if (activation === 'gelu') return x.map(gelu);
  if (activation === 'relu') return x.map((v) => Math.max(v, 0));
  return x;
}
