import type { Measured } from './measured.ts';
import { type GeluWidths, synthesizeGelu } from './unit-synthesis.ts';

/** Those of HG-PIPE's unit, see bench/peers.ts: four lanes, a table of 64 entries. */
const widths: GeluWidths = { sumBits: 11, entries: 64, outBits: 3, lanes: 4 };

/**
 * GELU with requantization and nothing else, at the widths of a published unit: the epilogue of an
 * engine has wider sums, and skip connections beside them.
 */
export async function geluAlone(onRun: (text: string) => void): Promise<Measured> {
  onRun('GELU with requantization, alone');
  const cells = await synthesizeGelu(widths);
  const { sumBits, entries, outBits, lanes } = widths;
  const { lutPerLane, lutramPerLane, dspPerLane, ff } = cells;
  return {
    text: [
      `GELU with requantization alone, ${sumBits} bits in, ${entries} entries of ${outBits} bits, ${lanes} lanes; for each lane`,
      `  ${lutPerLane.toFixed(1)} LUT, ${lutramPerLane.toFixed(1)} LUT as memory, ${(ff / lanes).toFixed(1)} FF, ${dspPerLane.toFixed(1)} DSP`,
    ].join('\n'),
    json: { ...widths, ...cells },
  };
}
