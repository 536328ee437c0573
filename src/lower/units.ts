import { isKind } from '../ir/index.ts';
import { addressBits, type Plan, type TableSegment } from '../plan/index.ts';
import { type EpilogueUnit, epilogueUnit } from './epilogue-unit.ts';
import { type LayerNormUnit, layerNormUnit } from './layer-norm-unit.ts';
import { type SoftmaxUnit, softmaxUnit } from './softmax-unit.ts';
import { type TokenStepsUnit, tokenStepsUnit } from './token-steps-unit.ts';
import type { UnitParameter } from './unit-parameters.ts';

/** The units that a plan needs. */
export interface Units {
  readonly epilogue: EpilogueUnit;
  readonly layerNorm: LayerNormUnit;
  readonly softmax: SoftmaxUnit | null;
  /** Null where no tokens have steps of their own. */
  readonly tokenSteps: TokenStepsUnit | null;
}

export function unitsOf({ checked, parameters: p, program }: Plan): Units {
  const { nodes } = checked.graph;
  const norms = nodes.filter(isKind('layerNorm'));
  const softmaxes = nodes.filter(isKind('softmax'));
  const placed = softmaxes.map((node) => {
    const op = program.softmaxes.find((s) => s.tap.tensor === node.output.name);
    if (!op) throw new Error(`no operation makes ${node.output.name}`);
    return { node, expBase: op.expBase, oneBase: op.oneBase, twoBase: op.twoBase };
  });
  return {
    epilogue: epilogueUnit(program.matmuls, p, addressBits(p.TABLE_DEPTH)),
    layerNorm: layerNormUnit(norms, checked.widths, {
      outBits: p.ACT_BITS,
      rowExponent: p.ROW_EXPONENT,
      weightBits: p.NORM_W_BITS,
      biasBits: p.NORM_BIAS_BITS,
      varBiasBits: p.NORM_VBIAS_BITS,
      tableBases: program.layerNorms.map((op) => op.tableBase),
    }),
    softmax: p.HAS_SOFTMAX
      ? softmaxUnit(placed, checked.widths, {
          scoreBits: p.SCORE_BITS,
          expBits: p.E_BITS,
          expDepth: p.EXP_DEPTH,
        })
      : null,
    tokenSteps: p.ROW_EXPONENT > 0 ? tokenStepsUnit(norms, p.ACT_BITS, p.ROW_EXPONENT) : null,
  };
}

/** The tables of reciprocals as the unit takes them. */
export function liftedTables(
  { lifts }: SoftmaxUnit,
  segments: readonly TableSegment[],
): TableSegment[] {
  return segments.map((segment) => {
    const scale = 2 ** (lifts.get(segment.base) ?? 0);
    return { ...segment, entries: segment.entries.map((entry) => entry * scale) };
  });
}

/** The parameters of a unit as constants of the core, where several units have the same names. */
export function prefixed(
  prefix: string,
  parameters: readonly UnitParameter[],
): readonly UnitParameter[] {
  return parameters.map((p) => ({ ...p, name: `${prefix}_${p.name}` }));
}
