import type { QuantSettings } from '../../src/dsl/design.ts';
import { randomImages } from '../../src/images/random.ts';
import { randomParameters } from '../../src/import/random.ts';
import type { IntegerGraph } from '../../src/ir/index.ts';
import type { Model } from '../../src/model/index.ts';
import { quantize } from '../../src/quantize/index.ts';

/** A model with random parameters, quantized over a few images of noise: W4A6 unless told otherwise. */
export function quantizedModel(model: Model, changes: Partial<QuantSettings> = {}): IntegerGraph {
  const settings = { weights: 4, activations: 6, residual: 16, ...changes };
  const images = randomImages({ count: 4, seed: 2 }, model.image).map(({ pixels }) => pixels);
  return quantize(model, randomParameters(model, 1), images, settings);
}
