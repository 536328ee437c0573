import type { Model } from '../model/index.ts';
import type { Observations } from '../quantize/index.ts';
import { type Histogram, histogramSvg } from './histogram-svg.ts';

/** A picture as a file. */
export interface Picture {
  readonly name: string;
  readonly svg: string;
}

const BARS = 128;

/**
 * Histograms of what the calibration images make of the tensors that are hardest to quantize: those
 * behind softmax, GELU and LayerNorm, a picture for each of the three with all its tensors.
 */
export function pictures(observations: Observations): readonly Picture[] {
  const { distributions } = observations.details();
  const kinds = tensorsByKind(observations.model);
  return Object.entries(kinds).flatMap(([kind, names]) => {
    const histograms = names.flatMap((name): Histogram[] => {
      const found = distributions.get(name);
      if (!found?.counts) return [];
      const { min, max, counts } = found;
      return [{ name, min, max, counts: gathered(counts) }];
    });
    if (histograms.length === 0) return [];
    const svg = histogramSvg(`Activations behind ${kind}, ${observations.model.name}`, histograms);
    return [{ name: `${kind.toLowerCase()}.svg`, svg }];
  });
}

function tensorsByKind({ branches }: Model) {
  const attentions = branches.filter((branch) => branch.kind === 'attention');
  const feedForwards = branches.filter((branch) => branch.kind === 'feedForward');
  return {
    Softmax: attentions.map(({ name }) => `${name}.probabilities`),
    GELU: feedForwards.flatMap(({ name, layers }) =>
      layers.flatMap(({ activation }, i) => (activation === 'gelu' ? [`${name}.linear${i}`] : [])),
    ),
    LayerNorm: [...branches.map(({ name }) => `${name}.norm`), 'norm'],
  };
}

/** Neighbouring bins added up. */
function gathered(counts: ArrayLike<number>): number[] {
  const each = counts.length / BARS;
  return Array.from({ length: BARS }, (_, bar) => {
    let sum = 0;
    for (let i = bar * each; i < (bar + 1) * each; i++) sum += counts[i] as number;
    return sum;
  });
}
