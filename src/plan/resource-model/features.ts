import { addressBits, log2Ceil } from '../engine.ts';
import type { EngineParameters } from '../parameters.ts';

/** The parts of an engine whose cells are estimated with coefficients that synthesis gave. */
export const modelledParts = [
  'operands',
  'accumulator',
  'epilogue',
  'softmax',
  'layerNorm',
  'meanPool',
  'sequencer',
  'streams',
  'memories',
] as const;
export type ModelledPart = (typeof modelledParts)[number];

/** What a part is made of: cells are a sum of these, each times a coefficient. */
export type Features = Readonly<Record<string, number>>;

/**
 * Amounts of registers, adders and multiplexers in the parts of an engine, by the widths of its
 * data paths. None depends on how the array multiplies.
 */
export function featuresOf(p: EngineParameters): Readonly<Record<ModelledPart, Features>> {
  const { TP, TI, TO, VL, WORD } = p;
  const one = 1;
  const lanes = TP * TO;
  const { depths } = p;
  const addresses =
    addressBits(depths.activations) + addressBits(depths.residual) + addressBits(depths.weights);
  const counts = log2Ceil(p.OPERATIONS.largest);
  const select = (words: number, bits: number) => VL * bits * Math.max(0, words / VL - 1);
  const norm = normBits(p);
  const skip = p.SKIP_PRODUCT ? lanes : 0;
  const mult = p.HAS_MULT ? lanes : 0;
  const table = p.HAS_TABLE ? lanes : 0;
  const streams = [p.stream, p.parameterStream].filter((stream) => stream !== null);
  return {
    operands: {
      one,
      streamed: TP * TI * p.A_BITS,
      stationary: TI * p.B_BITS,
      words: TP * WORD * p.ACT_BITS,
      weights: TI * p.W_BITS,
      counts,
      addresses,
      external: p.stream ? 1 : 0,
    },
    accumulator: { one, bits: lanes * p.ACC_BITS, words: log2Ceil(p.MAX_WORDS) },
    epilogue: {
      one,
      lanes,
      sums: lanes * p.SUM_BITS,
      products: mult * p.PROD_BITS,
      sources: lanes * p.CHOICES.results,
      modes: p.CHOICES.modes * p.PROD_BITS,
      outputs: lanes * p.OUT_BITS,
      skips: lanes * p.RES_BITS,
      skipProducts: skip * (p.RES_BITS + 16),
      tables: table * p.TABLE_BITS,
      tableAddresses: table * log2Ceil(p.TABLE_DEPTH),
      offsets: p.OFFSET_BIAS ? lanes * p.OFFSET_BITS : 0,
      tokenSteps: p.ROW_EXPONENT > 0 ? lanes * p.ACC_BITS : 0,
      channels: TO * (p.BIAS_BITS + (p.HAS_MULT ? 16 : 0)),
    },
    softmax: p.HAS_SOFTMAX
      ? {
          one,
          lanes: VL,
          scores: VL * p.SCORE_BITS,
          select: select(lanes, p.SCORE_BITS),
          exponentials: VL * p.E_BITS,
          exponentialAddresses: VL * log2Ceil(p.EXP_DEPTH),
          products: VL * (p.E_BITS + p.R_BITS),
          probabilities: VL * p.PROB_BITS,
          shifts: VL * p.PROB_BITS * (p.CHOICES.softmaxShifts - 1),
          keys: log2Ceil(p.KEY_GROUPS),
          keyGroups: p.KEY_GROUPS,
        }
      : {},
    layerNorm: {
      one,
      lanes: VL,
      inputs: VL * p.RES_BITS,
      select: select(lanes, p.RES_BITS),
      deviations: VL * norm.deviation,
      normalized: VL * norm.normalized,
      scaled: VL * norm.scaled,
      outputs: VL * p.ACT_BITS,
      shifts: VL * p.ACT_BITS * (p.CHOICES.normShifts - 1),
      sums: norm.sum,
      means: norm.mean,
      channels: log2Ceil(p.CHANNEL_GROUPS),
      channelGroups: p.CHANNEL_GROUPS,
      tokenSteps: p.ROW_EXPONENT > 0 ? VL * (p.ACT_BITS + p.ROW_EXPONENT) : 0,
    },
    meanPool: p.POOL_PRODUCT
      ? {
          one,
          lanes: VL,
          inputs: VL * p.RES_BITS,
          select: select(lanes, p.RES_BITS),
          sums: VL * p.POOL_PRODUCT[0],
        }
      : {},
    sequencer: {
      one,
      addresses,
      counts,
      products: log2Ceil(p.OPERATIONS.products),
    },
    streams: {
      one,
      inputs: TP * TI * p.IN_BITS,
      results: TO * p.RESULT_BITS,
      external: streams.length,
      bus: streams.reduce((sum, { axiBits }) => sum + axiBits, 0),
      line: streams.reduce((sum, { axiBits, lineBeats }) => sum + lineBeats * axiBits, 0),
    },
    memories: {
      one,
      stationary: TI * p.B_BITS,
      words: TP * WORD * p.ACT_BITS,
      addresses,
      sections: Math.max(0, p.weightSections.length - 1),
    },
  };
}

/** Bits of what a lane of vt_layer_norm computes, and of its sums. */
function normBits({ NORM_PRODUCTS: { lane, unit } }: EngineParameters) {
  const [, deviation, scaled] = lane as readonly (readonly [number, number])[];
  const [sum, mean] = unit as readonly (readonly [number, number])[];
  return {
    deviation: deviation?.[0] ?? 0,
    normalized: scaled?.[0] ?? 0,
    scaled: (scaled?.[0] ?? 0) + (scaled?.[1] ?? 0),
    sum: sum?.[0] ?? 0,
    mean: mean?.[0] ?? 0,
  };
}
