import type { QuantSettings } from '../../dsl/design.ts';
import { activationBits, weightBits } from '../../quantize/index.ts';

/** Bits of every tensor of a model. */
export interface Precision {
  /** Of the weights of a layer, by its path. */
  weight(layer: string): number;
  /** Of a tensor that a product reads, by its name. */
  activation(tensor: string): number;
  readonly residual: number;
  readonly scores: number;
  readonly logits: number;
}

/** The same bits for every tensor, as published rooflines have it. */
export function uniformPrecision(bits: number): Precision {
  const all = () => bits;
  return { weight: all, activation: all, residual: bits, scores: bits, logits: bits };
}

/** Scores have 12 to 16 bits in an engine, by their range; logits 16. */
const WIDE = 16;

/** What a design's tensors have. */
export function precisionOf(settings: QuantSettings): Precision {
  return {
    weight: (layer) => weightBits(settings, layer),
    activation: (tensor) => activationBits(settings, tensor),
    residual: settings.residual,
    scores: WIDE,
    logits: WIDE,
  };
}
