import { log2Ceil } from './engine.ts';

/**
 * How the products of the array are made: 0 a multiplier each, 1 two products per DSP, 2 four
 * products of few bits per DSP, 3 on LUTs.
 */
export type ArrayStyle = 0 | 1 | 2 | 3;

/** Parameters of `vt_mac_array`. */
export interface ArrayShape {
  /** TP: tokens that are streamed in parallel. */
  readonly tokens: number;
  /** TI: elements of the reduction. */
  readonly inputs: number;
  /** TO: output channels. */
  readonly outputs: number;
  /** Bits of a raw streamed code. */
  readonly aBits: number;
  /** Bits of the signed stationary operand. */
  readonly bBits: number;
  readonly style: ArrayStyle;
  /** 0 portable Verilog, 1 instances of the DSP primitive; 1 for styles 1 and 2 only. */
  readonly cell: 0 | 1;
  /** LUT_TO: outputs, the last ones, whose products are on LUTs all the same; 0 for style 3. */
  readonly lutOutputs?: number | undefined;
  /** LUT_BITS: bits of the weights that these multiply alone; absent where they multiply all operands. */
  readonly lutBits?: number | undefined;
  /** LUT_POWERS: they are powers of two, coded as a sign and an exponent of `lutBits - 1` bits. */
  readonly lutPowers?: boolean | undefined;
  /** Whether tiles come by rows alone, as weights do. */
  readonly byRows?: boolean | undefined;
  /** Whether weights are powers of two: `bBits` are those of their code. */
  readonly powers?: boolean | undefined;
}

/** Sums that are made along a chain, one stage a cycle, before a tree adds the chains. */
export interface Chains {
  readonly chains: number;
  /** Elements, or pairs of elements on LUTs, of the longest chain. */
  readonly length: number;
}

/** Bits of a dot product on the array's output. */
export function dotBits({
  inputs,
  aBits,
  bBits,
  powers,
}: Pick<ArrayShape, 'inputs' | 'aBits' | 'bBits' | 'powers'>): number {
  // A power of two of an exponent of e bits has 2^e - 2 bits behind its first, and a sign.
  return aBits + (powers ? 2 ** (bBits - 1) : 1 + bBits) + log2Ceil(inputs);
}

/** The parts of an array whose outputs are divided among DSPs and LUTs; null where they are not. */
export function splitArray(
  shape: ArrayShape,
): { readonly dsp: ArrayShape; readonly lut: ArrayShape } | null {
  const { lutOutputs = 0, lutBits, lutPowers: powers } = shape;
  if (lutOutputs === 0) return null;
  const { tokens, inputs, outputs, aBits, bBits, style, cell } = shape;
  const byRows = lutBits !== undefined;
  const lut = { bBits: lutBits ?? bBits, style: 3, cell: 0, byRows, powers } as const;
  return {
    dsp: { tokens, inputs, outputs: outputs - lutOutputs, aBits, bBits, style, cell },
    lut: { tokens, inputs, outputs: lutOutputs, aBits, ...lut },
  };
}

/** Cycles by which the results of each part are held back, so that both end at the same time. */
export function splitDelays(shape: ArrayShape): { readonly dsp: number; readonly lut: number } {
  const parts = splitArray(shape);
  if (!parts) return { dsp: 0, lut: 0 };
  const [dsp, lut] = [arrayLatency(parts.dsp), arrayLatency(parts.lut)];
  const latency = Math.max(dsp, lut);
  return { dsp: latency - dsp, lut: latency - lut };
}

/**
 * Whether `vt_mac_array` can be made with these parameters: both operands must fit into the ports
 * of a DSP and a field of its sum must hold a product, see `vt_mac_packed`; constants of the array
 * on LUTs have 32 bits.
 */
export function arrayFits(shape: ArrayShape): boolean {
  const { inputs, aBits, bBits, style, cell } = shape;
  if (style === 3 && (shape.lutOutputs ?? 0) > 0) return false;
  const parts = splitArray(shape);
  if (parts) return parts.dsp.outputs > 0 && arrayFits(parts.dsp) && arrayFits(parts.lut);
  if (aBits < 1 || bBits < 1 || (cell === 1 && style !== 1 && style !== 2)) return false;
  if (shape.powers) return (bBits === 3 || bBits === 4) && aBits + bBits + log2Ceil(inputs) < 30;
  if (style === 3) return aBits + bBits + log2Ceil(inputs) < 30;
  if (style === 0) return true;
  const field = fieldBits(shape);
  const room = style === 1 ? bBits <= 18 : 2 * field > bBits;
  return field > aBits + 1 && room && packedSums(shape) >= 1;
}

/** Cycles from a streamed word to its dot products, the same for all of them. */
export function arrayLatency(shape: ArrayShape): number {
  const parts = splitArray(shape);
  if (parts) return Math.max(arrayLatency(parts.dsp), arrayLatency(parts.lut));
  const { inputs, bBits, style } = shape;
  if (style === 0) return 1 + log2Ceil(inputs);
  if (shape.powers) {
    const { chains, length } = shiftChains(inputs);
    return 2 + length + log2Ceil(chains);
  }
  const { chains, length } = style === 3 ? lutChains(inputs) : dspChains(shape);
  // On LUTs a stage per weight bit, and one that takes the offsets back.
  return 2 + length * (style === 3 ? bBits : 1) + log2Ceil(chains);
}

/** Pairs of elements that a chain of LUT products adds up at most (CHAIN of `vt_mac_lut`). */
const CHAIN_PAIRS = 2;

/** How `vt_mac_lut` lays the pairs of elements out. */
export function lutChains(inputs: number): Chains {
  const pairs = Math.ceil(inputs / 2);
  const chains = Math.ceil(pairs / CHAIN_PAIRS);
  return { chains, length: Math.ceil(pairs / chains) };
}

/** Longest chain of shifted products (CHAIN of `vt_mac_shift`). */
const CHAIN_SHIFTS = 8;

/** How `vt_mac_shift` lays the elements out. */
export function shiftChains(inputs: number): Chains {
  const chains = Math.ceil(inputs / CHAIN_SHIFTS);
  return { chains, length: Math.ceil(inputs / chains) };
}

/** Longest chain of DSPs (CHAIN of `vt_mac_packed`). */
const CHAIN_DSPS = 8;

/** Bits of a field of a packed sum: what the ports of the DSP's multiplier and its sum leave. */
export function fieldBits({ aBits, bBits, style }: ArrayShape): number {
  if (style === 1) return Math.min(27 - (aBits + 1), 24);
  return Math.min(18 - (aBits + 1), Math.floor((27 - (bBits + 1)) / 2), 12);
}

/** Products that a field holds in the worst case, codes signed or not; see `vt_mac_packed`. */
export function packedSums(shape: ArrayShape): number {
  const { aBits, bBits } = shape;
  const half = 2 ** (fieldBits(shape) - 1);
  const below = (2 ** aBits - 1) * 2 ** (bBits - 1);
  const above = Math.max((2 ** aBits - 1) * (2 ** (bBits - 1) - 1), 2 ** (aBits + bBits - 2));
  return Math.min(Math.floor(half / below), Math.floor((half - 1) / above));
}

/** How `vt_mac_packed` lays the elements out. */
export function dspChains(shape: ArrayShape): Chains {
  const most = Math.min(packedSums(shape), CHAIN_DSPS);
  if (most < 1) throw new Error('operands do not fit into the fields of a DSP');
  const chains = Math.ceil(shape.inputs / most);
  return { chains, length: Math.ceil(shape.inputs / chains) };
}
