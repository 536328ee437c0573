import type { Branch, FloatTensor, Model, Parameters } from '../model/index.ts';
import {
  EMBEDDING_NORM,
  headPaths,
  leadingPaths,
  parameterShapes,
  pooledTokens,
} from '../model/index.ts';
import type { Encoder, EncoderBranch } from './match/encoder.ts';
import type { LayerNorm } from './match/layer-norm.ts';
import type { Linear } from './match/linear.ts';
import { type Mismatch, mismatch } from './match/mismatch.ts';
import { signParameters } from './signs.ts';

/** The normalization of pixels, which is before the graph and not in it. */
export interface PixelFormat {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The model that a graph describes, or what of it no model of Vitrum has. */
export function modelOf(
  encoder: Encoder,
  name: string,
  pixels: PixelFormat | null,
): Model | Mismatch {
  const { embedding, normOrder, finalNorm } = encoder;
  const tokens = poolingOf(encoder);
  if ('reason' in tokens) return tokens;
  const norms = [...encoder.branches.map((branch) => branch.norm)];
  if (encoder.norm) norms.push(encoder.norm);
  if (encoder.embeddingNorm) norms.push(encoder.embeddingNorm);
  const epsilons = new Set(norms.map(({ epsilon }) => Number(epsilon.toPrecision(4))));
  const [epsilon = 1e-6] = epsilons;
  if (epsilons.size > 1) {
    return mismatch(`its LayerNorms have the epsilons ${[...epsilons].join(' and ')}, not one`);
  }
  const { height, width, channels } = embedding.image;
  const all = (value: number) => Array<number>(channels).fill(value);
  const { mean, std } = pixels ?? { mean: all(0), std: all(1) };
  return {
    name,
    image: { height, width, channels, mean, std },
    patch: embedding.patch,
    width: embedding.width,
    ...tokens,
    ...(normOrder === 'post' && { norm: normOrder }),
    ...(encoder.embeddingNorm && { embeddingNorm: true as const }),
    ...(finalNorm !== 'pooled' && !isSame(encoder) && { finalNorm }),
    branches: nameBranches(encoder),
    classes: encoder.heads[0]?.out ?? 0,
    epsilon,
  };
}

/** For single rows it is the same whether all tokens are normalized or the row alone. */
function isSame({ selection, finalNorm }: Encoder): boolean {
  return selection.kind === 'row' && finalNorm === 'tokens';
}

function poolingOf({ selection, embedding, heads }: Encoder): Mismatch | Tokens {
  const leading = embedding.leading.length;
  const before = `${leading} learned token${leading === 1 ? '' : 's'} before its patches`;
  if (selection.kind === 'mean' && selection.first !== leading) {
    return mismatch(`it averages the rows from ${selection.first} on and has ${before}`);
  }
  if (selection.kind === 'row' && (selection.row !== 0 || leading < heads.length)) {
    return mismatch(`its head reads row ${selection.row} of the tokens and it has ${before}`);
  }
  const pooling =
    selection.kind === 'mean' ? 'mean' : heads.length === 2 ? 'distilled' : ('class' as const);
  return { pooling, ...(leading !== pooledTokens[pooling] && { leading }) };
}

type Tokens = Pick<Model, 'pooling' | 'leading'>;

/** Names as the DSL gives them: a block is an attention and what follows it. */
function nameBranches({ branches, embedding }: Encoder): Branch[] {
  let block = -1;
  let open = false;
  return branches.map((branch): Branch => {
    if (branch.kind === 'attention') {
      block += 1;
      open = true;
      const inner = branch.query.out;
      const own = inner === embedding.width ? {} : { inner };
      return { kind: 'attention', name: `block${block}.attention`, heads: branch.heads, ...own };
    }
    if (!open) block += 1;
    open = false;
    return { kind: 'feedForward', name: `block${block}.mlp`, layers: layersOf(branch) };
  });
}

function layersOf({ layers }: Extract<EncoderBranch, { kind: 'feedForward' }>) {
  return layers.map(({ linear, activation }) => ({ width: linear.out, activation }));
}

/** The parameters of an encoder under the paths of its model, and the magnitudes of its signs. */
export function parametersOf(encoder: Encoder, model: Model): Parameters {
  const shapes = parameterShapes(model);
  const parameters = new Map<string, FloatTensor>();
  const put = (path: string, data: Float32Array) => {
    const shape = shapes.get(path);
    if (!shape) throw new Error(`the model has no parameter ${path}`);
    parameters.set(path, { shape, data });
  };
  const pair = (path: string, { weight, bias }: Pick<Linear | LayerNorm, 'weight' | 'bias'>) => {
    put(`${path}.weight`, weight);
    put(`${path}.bias`, bias);
  };
  const { embedding } = encoder;
  pair('patchEmbedding', embedding);
  const paths = leadingPaths(model);
  embedding.leading.forEach((token, i) => {
    put(paths[i] as string, token);
  });
  put('positionEmbedding', embedding.position);
  encoder.branches.forEach((branch, i) => {
    const { name } = model.branches[i] as Branch;
    pair(`${name}.norm`, branch.norm);
    if (branch.kind === 'attention') {
      for (const part of ['query', 'key', 'value', 'output'] as const) {
        pair(`${name}.${part}`, branch[part]);
      }
    } else {
      branch.layers.forEach(({ linear }, n) => {
        pair(`${name}.linear${n}`, linear);
      });
    }
  });
  if (encoder.norm) pair('norm', encoder.norm);
  if (encoder.embeddingNorm) pair(EMBEDDING_NORM, encoder.embeddingNorm);
  headPaths(model).forEach((path, i) => {
    pair(path, encoder.heads[i] as Linear);
  });
  return new Map([...parameters, ...signParameters(encoder, model)]);
}
