import {
  type AttentionBranch,
  type Branch,
  EMBEDDING_NORM,
  type FeedForwardBranch,
  headPaths,
  innerWidth,
  leadingTokens,
  type Model,
  patchCount,
  patchSize,
  tokenCount,
} from '../../model/index.ts';
import type { Precision } from './precision.ts';
import { OPERATIONS, type Operator, operator } from './work.ts';

/**
 * Every operator of a model in order, with its work for one image. Biases and the constants of
 * LayerNorm are left out of the bytes: they are a thousandth of the weights.
 */
export function operatorsOf(model: Model, bits: Precision): readonly Operator[] {
  const { width } = model;
  const [tokens, patches, pixels] = [tokenCount(model), patchCount(model), patchSize(model)];
  const operators: Operator[] = [
    operator({
      name: 'patchEmbedding',
      kind: 'patchEmbedding',
      products: patches * pixels * width,
      read: [[patches * pixels, bits.activation('input')]],
      weights: [[pixels * width, bits.weight('patchEmbedding')]],
      written: [[tokens * width, bits.residual]],
    }),
  ];
  if (model.embeddingNorm) operators.push(layerNorm(EMBEDDING_NORM, tokens, width, bits));
  let before = model.embeddingNorm ? EMBEDDING_NORM : 'embedding';
  for (const branch of model.branches) {
    const norm = layerNorm(`${branch.name}.norm`, tokens, width, bits);
    // What the first layer reads: behind the branch's own norm, or the one of the branch before.
    const input = model.norm === 'post' ? before : norm.name;
    const inner =
      branch.kind === 'attention'
        ? attention(branch, model, input, bits)
        : feedForward(branch, model, input, bits);
    const sum = residual(branch, tokens * width, bits);
    operators.push(...(model.norm === 'post' ? [...inner, sum, norm] : [norm, ...inner, sum]));
    before = norm.name;
  }
  return Object.freeze([...operators, ...tail(model, bits)]);
}

function layerNorm(name: string, rows: number, width: number, bits: Precision): Operator {
  return operator({
    name,
    kind: 'layerNorm',
    operations: OPERATIONS.layerNorm * rows * width,
    read: [[rows * width, bits.residual]],
    written: [[rows * width, bits.activation(name)]],
  });
}

function attention(branch: AttentionBranch, model: Model, input: string, bits: Precision) {
  const { name, heads } = branch;
  const { width } = model;
  const [tokens, inner] = [tokenCount(model), innerWidth(branch, model)];
  const own = (part: string) => `${name}.${part}`;
  const activation = (part: string) => bits.activation(own(part));
  const three = ['query', 'key', 'value'];
  return [
    operator({
      name: own('qkv'),
      kind: 'qkv',
      products: 3 * tokens * width * inner,
      read: [[tokens * width, bits.activation(input)]],
      weights: three.map((part) => [width * inner, bits.weight(own(part))]),
      written: three.map((part) => [tokens * inner, activation(part)]),
    }),
    operator({
      name: own('scores'),
      kind: 'scores',
      products: tokens * tokens * inner,
      read: [
        [tokens * inner, activation('query')],
        [tokens * inner, activation('key')],
      ],
      written: [[heads * tokens * tokens, bits.scores]],
    }),
    operator({
      name: own('probabilities'),
      kind: 'softmax',
      operations: OPERATIONS.softmax * heads * tokens * tokens,
      read: [[heads * tokens * tokens, bits.scores]],
      written: [[heads * tokens * tokens, activation('probabilities')]],
    }),
    operator({
      name: own('weighted'),
      kind: 'weightedValues',
      products: tokens * tokens * inner,
      read: [
        [heads * tokens * tokens, activation('probabilities')],
        [tokens * inner, activation('value')],
      ],
      written: [[tokens * inner, activation('weighted')]],
    }),
    operator({
      name: own('output'),
      kind: 'projection',
      products: tokens * inner * width,
      read: [[tokens * inner, activation('weighted')]],
      weights: [[inner * width, bits.weight(own('output'))]],
      written: [[tokens * width, bits.residual]],
    }),
  ];
}

function feedForward(branch: FeedForwardBranch, model: Model, first: string, bits: Precision) {
  const tokens = tokenCount(model);
  let [input, inputs] = [first, model.width];
  return branch.layers.flatMap(({ width, activation }, i): Operator[] => {
    const name = `${branch.name}.linear${i}`;
    const last = i === branch.layers.length - 1;
    const written = last ? bits.residual : bits.activation(name);
    const linear = operator({
      name,
      kind: 'feedForward',
      products: tokens * inputs * width,
      read: [[tokens * inputs, bits.activation(input)]],
      weights: [[inputs * width, bits.weight(name)]],
      written: [[tokens * width, written]],
    });
    [input, inputs] = [name, width];
    if (activation === 'none') return [linear];
    const elements = tokens * width;
    const pointwise = operator({
      name: `${name}.${activation}`,
      kind: 'activation',
      operations: OPERATIONS[activation] * elements,
      read: [[elements, written]],
      written: [[elements, written]],
      fused: true,
    });
    return [linear, pointwise];
  });
}

/** The sum of a branch and the residual stream. */
function residual({ name }: Branch, elements: number, bits: Precision): Operator {
  return operator({
    name: `${name}.residual`,
    kind: 'residual',
    operations: OPERATIONS.residual * elements,
    read: [
      [elements, bits.residual],
      [elements, bits.residual],
    ],
    written: [[elements, bits.residual]],
    fused: true,
  });
}

/** Pooling, the last LayerNorm, and the head; two heads are one over both rows. */
function tail(model: Model, bits: Precision): Operator[] {
  const { width, classes, pooling, finalNorm = 'pooled' } = model;
  const rows = headPaths(model).length;
  const tokens = tokenCount(model);
  const normed = pooling === 'mean' && finalNorm === 'tokens' ? tokens : rows;
  const norm = finalNorm === 'none' ? [] : [layerNorm('norm', normed, width, bits)];
  const pooled = tokens - leadingTokens(model);
  const mean =
    pooling !== 'mean'
      ? []
      : [
          operator({
            name: 'pool',
            kind: 'meanPool',
            operations: OPERATIONS.meanPool * pooled * width,
            read: [[pooled * width, bits.residual]],
            written: [[width, bits.residual]],
          }),
        ];
  const head = operator({
    name: 'head',
    kind: 'head',
    products: rows * width * classes,
    read: [[rows * width, bits.activation('norm')]],
    weights: [[rows * width * classes, bits.weight('head')]],
    written: [[classes, bits.logits]],
  });
  return [...(finalNorm === 'tokens' ? [...norm, ...mean] : [...mean, ...norm]), head];
}
