import type { LayerNormWidths, NodeWidths } from '../check/index.ts';
import { type LayerNormNode, rangeOf } from '../ir/index.ts';
import { log2Ceil, unsignedBits } from '../plan/index.ts';
import { areMasks, type Choice, choiceOf, listLiteral, numberIn, selectorBits } from './choice.ts';
import { areAligned, choiceParameters, type UnitParameter } from './unit-parameters.ts';

/** What `vt_layer_norm` is made for: the settings of all layer norms, and the widths they need. */
export interface LayerNormUnit {
  readonly meanShifts: Choice;
  readonly varShifts: Choice;
  readonly lasts: Choice;
  readonly shifts: Choice;
  /** Ranges of outputs; both lists have the same length. */
  readonly ranges: readonly { readonly low: number; readonly high: number }[];
  readonly meanMultiplierBits: number;
  readonly tableBits: number;
  readonly layout: Layout;
  /** By the names that they have in the module. */
  readonly parameters: readonly UnitParameter[];
}

export function layerNormUnit(
  nodes: readonly LayerNormNode[],
  widthsOf: ReadonlyMap<string, NodeWidths>,
  layout: {
    readonly outBits: number;
    /** Largest exponent of steps per token: codes have one fraction bit more; 0 without them. */
    readonly rowExponent: number;
    readonly weightBits: number;
    readonly biasBits: number;
    readonly varBiasBits: number;
    readonly tableBases: readonly number[];
  },
): LayerNormUnit {
  const widths = nodes.map((node) => widthsOf.get(node.output.name) as LayerNormWidths);
  const widest = (field: keyof Omit<LayerNormWidths, 'kind' | 'proof'>) =>
    Math.max(...widths.map((w) => w[field]));
  const indexBits = unsignedBits(Math.max(...nodes.map((n) => n.table.length - 1)));
  const meanShifts = choiceOf(
    nodes.map((n) => n.meanShift),
    6,
  );
  const varShifts = choiceOf(
    nodes.map((n) => n.varianceShift),
    6,
  );
  const lasts = choiceOf(
    nodes.map((n) => n.table.length - 1),
    indexBits,
  );
  const { rowExponent } = layout;
  const shifts = choiceOf(
    nodes.map((n) => shiftOf(n, rowExponent)),
    6,
  );
  const least = ({ values }: Choice) => values[0] as number;

  const keyed = new Map(
    nodes.map((n) => {
      const { low, high } = limitsOf(n, layout);
      return [`${low}:${high}`, { low, high }] as const;
    }),
  );
  const ranges = [...keyed.values()].sort((a, b) => a.low - b.low || a.high - b.high);
  const bounds = (side: 'low' | 'high') => ({
    values: ranges.map((r) => r[side]),
    bits: rowExponent > 0 ? layout.outBits + rowExponent + 1 : layout.outBits,
  });

  const channels = Math.max(...nodes.map((n) => n.weight.length));
  // The largest shift whose rounding constant is taken out of a bias: see `normBias`.
  const plain = nodes.filter((n) => rowExponent > 0 && !n.output.rowExponent);
  const rounded = Math.max(0, ...plain.map((n) => n.shift));
  const muBits = widest('meanBits');
  const tableBits = unsignedBits(
    nodes.reduce((m, n) => n.table.reduce((a, b) => Math.max(a, b), m), 1),
  );
  const meanMultiplierBits = unsignedBits(Math.max(...nodes.map((n) => n.meanMultiplier)));
  const parameters: UnitParameter[] = [
    { name: 'SUM_BITS', value: widest('sumBits'), comment: 'sum of the residual codes of a row' },
    { name: 'MEAN_MULT_BITS', value: meanMultiplierBits },
    {
      name: 'MEAN_BITS',
      value: Math.max(widest('meanProductBits'), least(meanShifts) + 2),
      // The first is with the rounding constant of each shift; the second leaves `vt_shift` a sign.
      comment: 'sum times 1/C, before its shift',
    },
    { name: 'MU_BITS', value: muBits, comment: 'mean' },
    {
      name: 'CROSS_BITS',
      // Both terms in one bit more than the wider.
      value: Math.max(muBits + log2Ceil(channels + 1), widest('sumBits') + 1) + 1,
      comment: 'C mu - 2 sum(x)',
    },
    {
      name: 'V_BITS',
      value: Math.max(widest('varianceBits'), layout.varBiasBits, least(varShifts) + 2),
      comment: 'sum((x - mu)^2) and the bias of its table',
    },
    { name: 'D_BITS', value: widest('deviationBits'), comment: 'x - mu' },
    { name: 'R_BITS', value: tableBits, comment: 'reciprocal root, unsigned' },
    { name: 'DR_BITS', value: widest('normalizedBits'), comment: '(x - mu) * r' },
    {
      name: 'Y_BITS',
      // A bias without its rounding constant, which behind a larger shift is more than the sum.
      value: Math.max(
        Math.max(widest('biasedBits'), rounded) + (rounded > 0 ? 1 : 0),
        ...[layout.biasBits, least(shifts) + 2],
      ),
      comment: '(x - mu) * r * w, with and without b',
    },
    { name: 'W_BITS', value: layout.weightBits },
    { name: 'BIAS_BITS', value: layout.biasBits },
    { name: 'VBIAS_BITS', value: layout.varBiasBits },
    { name: 'T_INDEX_BITS', value: indexBits },
    { name: 'TABLE_ALIGNED', value: areAligned(layout.tableBases, indexBits) ? 1 : 0 },
    ...choiceParameters('MEAN_SHIFT', 'MEAN_SHIFTS', meanShifts, 'of the mean'),
    ...choiceParameters('VAR_SHIFT', 'VAR_SHIFTS', varShifts, 'of the index of the table'),
    ...choiceParameters('LAST', 'LASTS', lasts, 'indices of tables'),
    { name: 'LASTS_BINARY', value: areMasks(lasts.values) ? 1 : 0 },
    ...choiceParameters('SHIFT', 'SHIFTS', shifts, 'of the output'),
    { name: 'RANGE_COUNT', value: ranges.length },
    { name: 'RANGE_SEL_BITS', value: selectorBits({ values: bounds('low').values }) },
    { name: 'LOWS', value: listLiteral(bounds('low')) },
    { name: 'HIGHS', value: listLiteral(bounds('high')) },
  ];
  return {
    meanShifts,
    varShifts,
    lasts,
    shifts,
    ranges,
    meanMultiplierBits,
    tableBits,
    layout,
    parameters,
  };
}

type Layout = { readonly outBits: number; readonly rowExponent: number };

/** With steps per token what leaves the unit has as many fraction bits as the finest needs, and one. */
function shiftOf({ shift }: LayerNormNode, rowExponent: number): number {
  return rowExponent > 0 ? shift - rowExponent - 1 : shift;
}

/** The range of the output; with steps per token all codes with their fraction bits. */
function limitsOf({ output }: LayerNormNode, { outBits, rowExponent }: Layout) {
  if (rowExponent === 0) return rangeOf(output.format);
  const end = 2 ** (outBits + rowExponent);
  return { low: -end, high: end - 1 };
}

/** The settings of one layer norm, by the names of the unit's inputs without `_i`. */
export function layerNormSettings(
  unit: LayerNormUnit,
  node: LayerNormNode,
): readonly { readonly name: string; readonly bits: number; readonly value: number }[] {
  const { low, high } = limitsOf(node, unit.layout);
  const chosen = (name: string, choice: Choice, value: number) => ({
    name: `${name}_sel`,
    bits: selectorBits(choice),
    value: numberIn(choice, value),
  });
  const values = unit.ranges.map((_, i) => i);
  const range = unit.ranges.findIndex((r) => r.low === low && r.high === high);
  return [
    chosen('mean_shift', unit.meanShifts, node.meanShift),
    chosen('var_shift', unit.varShifts, node.varianceShift),
    chosen('table_last', unit.lasts, node.table.length - 1),
    chosen('shift', unit.shifts, shiftOf(node, unit.layout.rowExponent)),
    chosen('range', { values, bits: 1 }, range),
  ];
}
