import {
  type AttentionBranch,
  type Branch,
  EMBEDDING_NORM,
  type FeedForwardBranch,
  type FloatTensor,
  headPaths,
  innerWidth,
  leadingPaths,
  leadingTokens,
  type Model,
  type Parameters,
  patchCount,
  patchSize,
  signPath,
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
import { FIRST_ROWS, headInput } from './layers.ts';

/**
 * Called with every tensor of the float model, under the name that the same tensor has in the
 * integer graph; what goes into an activation is `preActivation(name)`. Signs are taken before.
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
  const seen = (name: string, values: Float32Array) => {
    const sign = parameters.get(signPath(name))?.data[0];
    const data = sign === undefined ? values : values.map((v) => (v >= 0 ? sign : -sign));
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
    const inner = innerWidth(branch, model);
    const [query, key, value] = (['query', 'key', 'value'] as const).map((part) =>
      seen(`${name}.${part}`, dense(x, `${name}.${part}`)),
    ) as [Float32Array, Float32Array, Float32Array];
    const score = seen(`${name}.scores`, scores(query, key, heads, inner));
    const tokens = x.length / model.width;
    const probability = seen(`${name}.probabilities`, softmax(score, tokens));
    const weighted = weightedValues(probability, value, heads, inner);
    return dense(seen(`${name}.weighted`, weighted), `${name}.output`);
  };

  const feedForward = (branch: FeedForwardBranch, x: Float32Array) => {
    let y = x;
    branch.layers.forEach((layer, i) => {
      const name = `${branch.name}.linear${i}`;
      y = dense(y, name);
      if (layer.activation !== 'none') {
        y = activate(seen(preActivation(name), y), layer.activation);
      }
      // The last layer has no tensor of its own: the skip connection is added in the same node.
      if (i < branch.layers.length - 1) y = seen(name, y);
    });
    return y;
  };

  const after = (branch: Branch, x: Float32Array) =>
    branch.kind === 'attention' ? attention(branch, x) : feedForward(branch, x);
  const norm = (branch: Branch, x: Float32Array) =>
    seen(`${branch.name}.norm`, normalize(x, `${branch.name}.norm`));

  let stream = embed(model, parameters, seen('input', patches(model, pixels)));
  seen('embedding', stream);
  if (model.embeddingNorm) stream = seen(EMBEDDING_NORM, normalize(stream, EMBEDDING_NORM));
  for (const branch of model.branches) {
    if (model.norm === 'post') {
      stream = norm(branch, seen(branch.name, add(stream, after(branch, stream))));
    } else {
      stream = seen(branch.name, add(stream, after(branch, norm(branch, stream))));
    }
  }
  return seen('logits', head(model, stream));

  /** Pooling, final LayerNorm in its order, and the mean of the logits of all heads. */
  function head({ width, pooling, finalNorm = 'pooled' }: Model, tokens: Float32Array) {
    const heads = headPaths(model);
    const last = (x: Float32Array) => seen('norm', normalize(x, 'norm'));
    // Without a mean only the rows that the heads read are normalized.
    const all = finalNorm === 'tokens' && pooling === 'mean' ? last(tokens) : tokens;
    const pooled =
      pooling === 'mean'
        ? seen('pool', meanRows(all.subarray(leadingTokens(model) * width), width))
        : all.slice(0, heads.length * width);
    const plain = finalNorm === 'none' || (finalNorm === 'tokens' && pooling === 'mean');
    const read = plain ? pooled : last(pooled);
    if (headInput(model) === FIRST_ROWS) observe(FIRST_ROWS, read);
    const logits = heads.map((path, i) => dense(read.slice(i * width, (i + 1) * width), path));
    return logits.reduce(add).map((v) => v / heads.length);
  }
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
  const joined = new Float32Array(position.length);
  const leading = leadingPaths(model);
  leading.forEach((path, i) => {
    joined.set(parameter(parameters, path).data, i * model.width);
  });
  joined.set(tokens, leading.length * model.width);
  return add(joined, position);
}

function activate(x: Float32Array, activation: 'none' | 'gelu' | 'relu'): Float32Array {
  if (activation === 'gelu') return x.map(gelu);
  if (activation === 'relu') return x.map((v) => Math.max(v, 0));
  return x;
}
