import type { QuantSettings } from '../dsl/design.ts';

/** First and last layer, which `ends` gives bits of their own. */
const END_WEIGHTS: ReadonlySet<string> = new Set(['patchEmbedding', 'head']);
/** The image's codes, and what the head reads. */
const END_ACTIVATIONS: ReadonlySet<string> = new Set(['input', 'norm']);

/** Bits of the weights of the layer at `path` (without `.weight`): its own, the ends', the design's. */
export function weightBits({ layers, ends, weights }: QuantSettings, path: string): number {
  const ofEnds = END_WEIGHTS.has(path) ? ends : undefined;
  return layers?.[path]?.weights ?? ofEnds ?? weights;
}

/** Bits of an activation by the name of its tensor: its own, the ends', the design's. */
export function activationBits(
  { layers, ends, activations }: QuantSettings,
  tensor: string,
): number {
  const ofEnds = END_ACTIVATIONS.has(tensor) ? ends : undefined;
  return layers?.[tensor]?.activations ?? ofEnds ?? activations;
}
