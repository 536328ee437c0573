import { type Model, patchSize } from '../model/index.ts';

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
  for (const branch of model.branches) {
    const { name } = branch;
    if (branch.kind === 'attention') {
      for (const part of ['query', 'key', 'value']) {
        const { heads } = branch;
        layers.push({ path: `${name}.${part}`, input: `${name}.norm`, inputs: width, heads });
      }
      const input = `${name}.weighted`;
      layers.push({ path: `${name}.output`, input, inputs: width, heads: 1 });
    } else {
      let [input, inputs] = [`${name}.norm`, width];
      branch.layers.forEach((layer, i) => {
        layers.push({ path: `${name}.linear${i}`, input, inputs, heads: 1 });
        [input, inputs] = [`${name}.linear${i}`, layer.width];
      });
    }
  }
  layers.push({ path: 'head', input: 'norm', inputs: width, heads: 1 });
  return layers;
}

/** Width of every tensor that a layer with weights reads, by name. */
export function layerInputs(model: Model): ReadonlyMap<string, number> {
  return new Map(linearLayers(model).map(({ input, inputs }) => [input, inputs]));
}

/** Every LayerNorm with the layers that read it. */
export function normReaders(model: Model): ReadonlyMap<string, readonly LinearLayer[]> {
  const norms = new Map<string, LinearLayer[]>();
  for (const layer of linearLayers(model)) {
    if (layer.input !== 'norm' && !layer.input.endsWith('.norm')) continue;
    norms.set(layer.input, [...(norms.get(layer.input) ?? []), layer]);
  }
  return norms;
}
