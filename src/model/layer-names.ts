import { EMBEDDING_NORM, type Model } from './model.ts';

/** The names by which a design gives layers bits of their own. */
export interface LayerNames {
  /** Layers with weights, in order: without `.weight`. */
  readonly weights: readonly string[];
  /** Tensors that a product reads, in order. */
  readonly activations: readonly string[];
}

/** The layers of a model. Several heads are one layer, and a mean has no name that a design gives. */
export function layerNames(model: Model): LayerNames {
  const weights = ['patchEmbedding'];
  const activations = model.embeddingNorm ? ['input', EMBEDDING_NORM] : ['input'];
  for (const branch of model.branches) {
    const own = (part: string) => `${branch.name}.${part}`;
    if (model.norm !== 'post') activations.push(own('norm'));
    if (branch.kind === 'attention') {
      weights.push(...['query', 'key', 'value', 'output'].map(own));
      activations.push(...['query', 'key', 'value', 'probabilities', 'weighted'].map(own));
    } else {
      const linears = branch.layers.map((_, i) => own(`linear${i}`));
      weights.push(...linears);
      // The last one writes the residual stream.
      activations.push(...linears.slice(0, -1));
    }
    if (model.norm === 'post') activations.push(own('norm'));
  }
  weights.push('head');
  if (model.finalNorm !== 'none') activations.push('norm');
  return { weights, activations };
}
