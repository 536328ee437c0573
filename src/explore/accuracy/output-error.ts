import { agreementOf, type Score, scoreOf } from '../../accuracy/scores.ts';

/** Logits in real values, `[images][classes]`. */
export type RealLogits = readonly (readonly number[])[];

/** How far the outputs of a quantized network are from those of the float model. */
export interface OutputError extends Score {
  /** Noise over signal of the logits: `sum (x - y)^2 / sum x^2`. */
  readonly noise: number;
  /** Mean over the images of the Kullback-Leibler divergence of the classes' probabilities, in nats. */
  readonly divergence: number;
  /** Share of images with the float model's class. */
  readonly agreement: number;
}

/** An error of 0 is that of the float model itself. Throws RangeError without images. */
export function outputError(
  float: RealLogits,
  quantized: RealLogits,
  labels: readonly (number | undefined)[],
): OutputError {
  if (float.length === 0 || float.length !== quantized.length) {
    throw new RangeError(`${quantized.length} outputs to compare with ${float.length}`);
  }
  let signal = 0;
  let error = 0;
  let divergence = 0;
  float.forEach((row, i) => {
    const own = quantized[i] as readonly number[];
    row.forEach((x, c) => {
      signal += x * x;
      error += (x - (own[c] as number)) ** 2;
    });
    divergence += divergenceOf(row, own);
  });
  return Object.freeze({
    noise: signal > 0 ? error / signal : 0,
    divergence: divergence / float.length,
    agreement: agreementOf(quantized, float),
    ...scoreOf(quantized, labels),
  });
}

/** `sum p log(p / q)` of the softmax of two rows. */
function divergenceOf(row: readonly number[], own: readonly number[]): number {
  const [p, q] = [logSoftmax(row), logSoftmax(own)];
  // Rounding may leave a sum of almost nothing below 0.
  return Math.max(
    0,
    p.reduce((sum, logP, c) => sum + Math.exp(logP) * (logP - (q[c] as number)), 0),
  );
}

function logSoftmax(row: readonly number[]): number[] {
  const peak = Math.max(...row);
  const log = Math.log(row.reduce((sum, x) => sum + Math.exp(x - peak), 0));
  return row.map((x) => x - peak - log);
}

/** Signal-to-noise ratio in dB of a noise over signal. */
export function decibelsOf(noise: number): number {
  return -10 * Math.log10(noise);
}
