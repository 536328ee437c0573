import type { LayerNormNode, SoftmaxNode } from '../../src/ir/index.ts';

const MAX_MULTIPLIER = 65535;

/** `multiplier / 2^shift` near a factor: the largest shift whose multiplier fits 16 bits. */
export function dyadic(factor: number, maxShift: number): { multiplier: number; shift: number } {
  let shift = maxShift;
  while (shift > 0 && Math.round(factor * 2 ** shift) > MAX_MULTIPLIER) shift--;
  const multiplier = Math.min(MAX_MULTIPLIER, Math.max(1, Math.round(factor * 2 ** shift)));
  return { multiplier, shift };
}

/**
 * Reciprocal roots for rows of `channels` codes of about `inputSpread`; the shift brings weights of
 * about 1000 to outputs of about `outputSpread`.
 */
export function layerNormTable(
  channels: number,
  inputSpread: number,
  outputSpread: number,
): Pick<LayerNormNode, 'varianceBias' | 'varianceShift' | 'table' | 'shift'> {
  const entries = 128;
  const largest = 3 * channels * inputSpread ** 2;
  let varianceShift = 0;
  while (entries * 2 ** varianceShift < largest) varianceShift++;
  const step = 2 ** varianceShift;
  const table = Int32Array.from({ length: entries }, (_, i) =>
    Math.min(MAX_MULTIPLIER, Math.round(MAX_MULTIPLIER * Math.sqrt(1 / (2 * i + 1)))),
  );
  // Entry i is 65535 sqrt(step/2) / sqrt(sum of squares), and an output of one standard deviation
  // is to be `outputSpread`.
  const gain = (MAX_MULTIPLIER * Math.sqrt(step / 2) * 1000) / Math.sqrt(channels) / outputSpread;
  const shift = Math.max(0, Math.min(36, Math.round(Math.log2(gain))));
  return { varianceBias: 0, varianceShift, table, shift };
}

/** Exponentials of 12 bits and reciprocals for sums up to `keys` times the largest. */
export function softmaxTables(
  keys: number,
  top: number,
): Pick<SoftmaxNode, 'expBias' | 'expShift' | 'expTable' | 'one' | 'two'> {
  const one = 4095;
  const expTable = Int32Array.from({ length: 64 }, (_, i) =>
    i === 63 ? 0 : Math.round(one * Math.exp(-i / 8)),
  );
  const part = (start: number, indexShift: number) => {
    const middle = (i: number) => start + (i + 0.5) * 2 ** indexShift;
    let shift = 0;
    while (Math.round((top / middle(0)) * 2 ** (shift + 1)) <= MAX_MULTIPLIER) shift++;
    return {
      indexBias: -start,
      indexShift,
      table: Int32Array.from({ length: 64 }, (_, i) => Math.round((top / middle(i)) * 2 ** shift)),
      bias: shift === 0 ? 0 : 2 ** (shift - 1),
      shift,
    };
  };
  const border = one + 64 * 2 ** 6;
  let coarse = 6;
  while (border + 64 * 2 ** coarse < one * keys) coarse++;
  return { expBias: 2, expShift: 2, expTable, one: part(one, 6), two: part(border, coarse) };
}
