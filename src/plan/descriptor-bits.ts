import { addressBits, unsignedBits } from './engine.ts';
import type { EngineParameters } from './parameters.ts';

/** Address widths of the buses that several memories share. */
export interface AddressBits {
  readonly A: number;
  readonly B: number;
  readonly P: number;
  readonly S: number;
  readonly O: number;
  readonly X: number;
  readonly ACT: number;
  readonly LN: number;
  readonly KEY: number;
  readonly SCORE: number;
  readonly PROB: number;
  readonly INPUT: number;
  readonly OFFSET: number;
  readonly RESULT: number;
  readonly W: number;
  readonly TABLE: number;
  readonly NORM: number;
  readonly RSQRT: number;
  readonly EXP: number;
  readonly RECIP: number;
  readonly STEP: number;
  readonly GROUP: number;
}

export function busBits(p: EngineParameters): AddressBits {
  const { depths } = p;
  const of = (...sizes: number[]) => addressBits(Math.max(...sizes));
  return {
    A: of(depths.activations, depths.normalized, depths.input, depths.probabilities),
    B: of(depths.weights, depths.keys),
    P: of(depths.parameters),
    S: of(depths.residual, depths.offset),
    O: of(depths.activations, depths.keys, depths.residual, depths.scores, depths.result),
    X: of(depths.residual),
    ACT: of(depths.activations),
    LN: of(depths.normalized),
    KEY: of(depths.keys),
    SCORE: of(depths.scores),
    PROB: of(depths.probabilities),
    INPUT: of(depths.input),
    OFFSET: of(depths.offset),
    RESULT: of(depths.result),
    W: of(depths.weights),
    TABLE: of(p.TABLE_DEPTH),
    NORM: of(depths.normParameters),
    RSQRT: of(p.RSQRT_DEPTH),
    EXP: of(p.EXP_DEPTH),
    RECIP: of(p.RECIP_DEPTH),
    STEP: of(Math.ceil(p.TOKENS / p.TP)),
    GROUP: of(depths.factors),
  };
}

/** Bits of the number of a tile in an activation word. */
export function subBits(p: EngineParameters): number {
  return addressBits(p.WORD / Math.min(p.TI, p.KEY_TO));
}

/**
 * The widths of the constants of a matrix product by their names in the program, in order; the
 * settings of its epilogue are beside them.
 */
export function productFieldBits(p: EngineParameters, counts = p.COUNT_BITS) {
  const a = busBits(p);
  const lanes = unsignedBits(Math.max(p.TI, p.TO));
  return {
    a_src: 2,
    a_base: a.A,
    a_stride: a.A,
    lead: p.LEAD_BITS,
    rows: counts,
    k_tiles: counts,
    k_last_lanes: lanes,
    o_tiles: counts,
    o_last_lanes: lanes,
    n_rows: counts,
    b_src: 2,
    b_base: a.B,
    b_stride: a.B,
    p_base: p.parameterStream ? 0 : a.P,
    bias_src: 1,
    skip_src: 1,
    skip_base: a.S,
    skip_stride: a.S,
    out_dst: 3,
    out_base: a.O,
    out_stride: a.O,
    out_sub: subBits(p),
    step_base: p.ROW_EXPONENT > 0 ? a.STEP : 0,
    group_own: p.GROUP_GROWTH > 0 ? 1 : 0,
    group_base: p.GROUP_GROWTH > 0 ? a.GROUP : 0,
  };
}
