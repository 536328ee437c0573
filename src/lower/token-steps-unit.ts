import { type LayerNormNode, rangeOf, signedBits } from '../ir/index.ts';
import { selectorBits } from './choice.ts';
import { hexList, type UnitParameter } from './unit-parameters.ts';

/** A format that normalized tokens have, with steps per token or one of the tensor. */
interface StepFormat {
  readonly low: number;
  readonly high: number;
  /** Bits of a row's magnitudes that none may have for an exponent of 1; 0 without steps per token. */
  readonly over: bigint;
}

/** What `vt_token_steps` is made for: the formats of all outputs of LayerNorm. */
export interface TokenStepsUnit {
  readonly formats: readonly StepFormat[];
  readonly parameters: readonly UnitParameter[];
}

/** @param largest largest exponent, at least 1 */
export function tokenStepsUnit(
  nodes: readonly LayerNormNode[],
  outBits: number,
  largest: number,
): TokenStepsUnit {
  const keyed = new Map(
    nodes.map((node) => {
      const format = formatOf(node, outBits, largest);
      return [`${format.high}:${format.over}`, format] as const;
    }),
  );
  const formats = [...keyed.values()].sort((a, b) => a.high - b.high || (a.over < b.over ? -1 : 1));
  const list = (field: keyof StepFormat, bits: number) =>
    hexList(
      formats.map((format) => format[field]),
      bits,
    );
  return {
    formats,
    parameters: [
      { name: 'FORMAT_COUNT', value: formats.length, comment: 'formats of normalized tokens' },
      { name: 'FORMAT_SEL_BITS', value: formatBits(formats) },
      { name: 'LOWS', value: list('low', outBits) },
      { name: 'HIGHS', value: list('high', outBits) },
      { name: 'OVERS', value: list('over', outBits + largest), comment: 'exponent 1 ends there' },
    ],
  };
}

/** The settings of one LayerNorm, by the names of the unit's inputs without `_i`. */
export function tokenStepsSettings(
  { formats }: TokenStepsUnit,
  node: LayerNormNode,
  outBits: number,
  largest: number,
): readonly { readonly name: string; readonly bits: number; readonly value: number }[] {
  const { high, over } = formatOf(node, outBits, largest);
  const value = formats.findIndex((f) => f.high === high && f.over === over);
  return [{ name: 'format_sel', bits: formatBits(formats), value }];
}

/**
 * A code of `bits` bits has `largest + 1` fraction bits in the unit, so it reaches `2^(bits+largest)`;
 * with half of the step it must stay below half of that.
 */
function formatOf({ output }: LayerNormNode, outBits: number, largest: number): StepFormat {
  const { low, high } = rangeOf(output.format);
  const end = (1n << BigInt(outBits + largest)) - 1n;
  const below = (1n << BigInt(signedBits(output.format) + largest - 1)) - 1n;
  return { low, high, over: output.rowExponent ? end ^ below : 0n };
}

function formatBits(formats: readonly StepFormat[]): number {
  return selectorBits({ values: formats.map((_, i) => i) });
}
