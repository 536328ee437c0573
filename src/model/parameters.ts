import {
  EMBEDDING_NORM,
  innerWidth,
  leadingTokens,
  type Model,
  patchSize,
  tokenCount,
} from './model.ts';

/** A dense float tensor, row-major. */
export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Float parameters by path. The paths and shapes a model needs are those of `parameterShapes`; a model
 * that was trained with signs in the place of tensors has their `signPath` as well.
 */
export type Parameters = ReadonlyMap<string, FloatTensor>;

const SIGN_SUFFIX = '.sign';

/** Magnitude, a scalar, of a tensor of which the model keeps the signs alone, that of 0 being +. */
export function signPath(tensor: string): string {
  return tensor + SIGN_SUFFIX;
}

/** Whether the model keeps of a tensor the signs alone. */
export function hasSigns(parameters: Parameters): boolean {
  return [...parameters.keys()].some((path) => path.endsWith(SIGN_SUFFIX));
}

/**
 * Every parameter of a model, by path, with its shape. Weights are `[out, in]`; the patch
 * embedding's input is a flattened patch in order channel, row, column. `positionEmbedding`
 * includes the rows of the leading tokens, first.
 */
export function parameterShapes(model: Model): ReadonlyMap<string, readonly number[]> {
  const { width } = model;
  const shapes = new Map<string, readonly number[]>();
  const linear = (path: string, out: number, input: number) => {
    shapes.set(`${path}.weight`, [out, input]);
    shapes.set(`${path}.bias`, [out]);
  };
  const norm = (path: string) => {
    shapes.set(`${path}.weight`, [width]);
    shapes.set(`${path}.bias`, [width]);
  };
  linear('patchEmbedding', width, patchSize(model));
  for (const path of leadingPaths(model)) shapes.set(path, [width]);
  shapes.set('positionEmbedding', [tokenCount(model), width]);
  if (model.embeddingNorm) norm(EMBEDDING_NORM);
  for (const branch of model.branches) {
    norm(`${branch.name}.norm`);
    if (branch.kind === 'attention') {
      const inner = innerWidth(branch, model);
      for (const part of ['query', 'key', 'value']) linear(`${branch.name}.${part}`, inner, width);
      linear(`${branch.name}.output`, width, inner);
    } else {
      let input = width;
      branch.layers.forEach((layer, i) => {
        linear(`${branch.name}.linear${i}`, layer.width, input);
        input = layer.width;
      });
    }
  }
  if (model.finalNorm !== 'none') norm('norm');
  for (const path of headPaths(model)) linear(path, model.classes, width);
  return shapes;
}

/** Parameters of the leading tokens, in their order. */
export function leadingPaths(model: Pick<Model, 'pooling' | 'leading'>): readonly string[] {
  return Array.from(
    { length: leadingTokens(model) },
    (_, i) => ['classToken', 'distillationToken'][i] ?? `token${i}`,
  );
}

/** The heads; head `i` reads row `i` of what was pooled, and their logits are averaged. */
export function headPaths({ pooling }: Pick<Model, 'pooling'>): readonly string[] {
  return pooling === 'distilled' ? ['head', 'distillationHead'] : ['head'];
}
