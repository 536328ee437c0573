import { type Model, patchSize, tokenCount } from './model.ts';

/** A dense float tensor, row-major. */
export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Float parameters by path. The paths and shapes a model needs are those of `parameterShapes`. */
export type Parameters = ReadonlyMap<string, FloatTensor>;

/**
 * Every parameter of a model, by path, with its shape. Weights are `[out, in]`; the patch
 * embedding's input is a flattened patch in order channel, row, column. `positionEmbedding`
 * includes the class token's row, first.
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
  if (model.pooling === 'class') shapes.set('classToken', [width]);
  shapes.set('positionEmbedding', [tokenCount(model), width]);
  for (const branch of model.branches) {
    norm(`${branch.name}.norm`);
    if (branch.kind === 'attention') {
      for (const part of ['query', 'key', 'value', 'output']) {
        linear(`${branch.name}.${part}`, width, width);
      }
    } else {
      let input = width;
      branch.layers.forEach((layer, i) => {
        linear(`${branch.name}.linear${i}`, layer.width, input);
        input = layer.width;
      });
    }
  }
  norm('norm');
  linear('head', model.classes, width);
  return shapes;
}
