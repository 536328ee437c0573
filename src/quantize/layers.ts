import { EMBEDDING_NORM, headPaths, innerWidth, type Model, patchSize } from '../model/index.ts';

/** A matrix product with weights. */
export interface LinearLayer {
  /** Without `.weight`. */
  readonly path: string;
  /** The tensor that it reads. */
  readonly input: string;
  readonly inputs: number;
  /** Heads that own equal shares of its outputs; 1 where outputs belong to none. */
  readonly heads: number;
}

/** Every layer with weights, in order. */
export function linearLayers(model: Model): readonly LinearLayer[] {
  const { width } = model;
  const layers: LinearLayer[] = [
    { path: 'patchEmbedding', input: 'input', inputs: patchSize(model), heads: 1 },
  ];
  let before = model.embeddingNorm ? EMBEDDING_NORM : 'embedding';
  for (const branch of model.branches) {
    const { name } = branch;
    const first = model.norm === 'post' ? before : `${name}.norm`;
    before = model.norm === 'post' ? `${name}.norm` : name;
    if (branch.kind === 'attention') {
      for (const part of ['query', 'key', 'value']) {
        const { heads } = branch;
        layers.push({ path: `${name}.${part}`, input: first, inputs: width, heads });
      }
      const input = `${name}.weighted`;
      layers.push({ path: `${name}.output`, input, inputs: innerWidth(branch, model), heads: 1 });
    } else {
      let [input, inputs] = [first, width];
      branch.layers.forEach((layer, i) => {
        layers.push({ path: `${name}.linear${i}`, input, inputs, heads: 1 });
        [input, inputs] = [`${name}.linear${i}`, layer.width];
      });
    }
  }
  // Several heads are one layer over what all of them read.
  const inputs = headPaths(model).length * width;
  layers.push({ path: 'head', input: headInput(model), inputs, heads: 1 });
  return layers;
}

/** What the head reads where that is no tensor of its own: the first rows of the residual stream. */
export const FIRST_ROWS = 'head.input';

/** The tensor that the head reads. */
export function headInput({ pooling, finalNorm = 'pooled' }: Model): string {
  if (pooling === 'mean') return finalNorm === 'pooled' ? 'norm' : 'pool';
  return finalNorm === 'none' ? FIRST_ROWS : 'norm';
}

/** Width of every tensor that a layer with weights reads, by name. */
export function layerInputs(model: Model): ReadonlyMap<string, number> {
  return new Map(linearLayers(model).map(({ input, inputs }) => [input, inputs]));
}

/**
 * Every LayerNorm with the layers that read it, where nothing else does and each channel of the norm
 * is one of theirs: a post-norm is the residual stream as well, and two heads read two rows.
 */
export function normReaders(model: Model): ReadonlyMap<string, readonly LinearLayer[]> {
  const norms = new Map<string, LinearLayer[]>();
  for (const layer of linearLayers(model)) {
    const own = layer.input === 'norm' || (model.norm !== 'post' && layer.input.endsWith('.norm'));
    if (!own || (layer.path === 'head' && layer.inputs !== model.width)) continue;
    norms.set(layer.input, [...(norms.get(layer.input) ?? []), layer]);
  }
  return norms;
}
