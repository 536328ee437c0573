import type { NodeWidths, SoftmaxWidths } from '../check/index.ts';
import type { ReciprocalTable, SoftmaxNode } from '../ir/index.ts';
import { MAX_LUT_DEPTH, signedBitsOf, unsignedBits } from '../plan/index.ts';
import { areMasks, type Choice, choiceOf, numberIn, selectorBits } from './choice.ts';
import {
  areAligned,
  choiceParameters,
  trailingZeros,
  type UnitParameter,
} from './unit-parameters.ts';

/** A softmax with the places of its tables. */
export interface PlacedSoftmax {
  readonly node: SoftmaxNode;
  readonly expBase: number;
  readonly oneBase: number;
  readonly twoBase: number;
}

/** What `vt_softmax` is made for: the settings of all softmaxes, and the widths they need. */
export interface SoftmaxUnit {
  readonly expShifts: Choice;
  readonly expLasts: Choice;
  readonly indexShifts: Choice;
  readonly recipLasts: Choice;
  readonly biases: Choice;
  readonly biasDrop: number;
  readonly shifts: Choice;
  readonly expBiasBits: number;
  readonly indexBiasBits: number;
  /** Bits of a reciprocal as it lies in the table. */
  readonly recipBits: number;
  /** By how many bits a table of reciprocals is shifted left, by its first entry. */
  readonly lifts: ReadonlyMap<number, number>;
  /** By the names that they have in the module. */
  readonly parameters: readonly UnitParameter[];
}

/** The wider factor of a DSP block, without its sign. */
const MAX_RECIP_BITS = 26;

const partsOf = ({ node, oneBase, twoBase }: PlacedSoftmax) => [
  { part: node.one, base: oneBase },
  { part: node.two, base: twoBase },
];

/**
 * A reciprocal times 2^k, with k more shift and its bias times 2^k, is the same result. So all
 * shifts can be the largest one, and wiring, unless a table serves two shifts or gets too wide.
 */
function liftsOf(all: readonly PlacedSoftmax[]): ReadonlyMap<number, number> {
  const parts = all.flatMap(partsOf);
  const largest = Math.max(...parts.map(({ part }) => part.shift));
  const lifts = new Map<number, number>();
  for (const { part, base } of parts) {
    const lift = largest - part.shift;
    const bits = unsignedBits(part.table.reduce((a, b) => Math.max(a, b), 1)) + lift;
    const exact = Math.abs(part.bias) * 2 ** lift <= 2 ** 48;
    if (bits > MAX_RECIP_BITS || !exact || (lifts.get(base) ?? lift) !== lift) return new Map();
    lifts.set(base, lift);
  }
  return lifts;
}

export function softmaxUnit(
  all: readonly PlacedSoftmax[],
  widthsOf: ReadonlyMap<string, NodeWidths>,
  layout: { readonly scoreBits: number; readonly expBits: number; readonly expDepth: number },
): SoftmaxUnit {
  const nodes = all.map(({ node }) => node);
  const widths = nodes.map((node) => widthsOf.get(node.output.name) as SoftmaxWidths);
  const lifts = liftsOf(all);
  const parts = all.flatMap(partsOf).map(({ part, base }) => {
    const scale = 2 ** (lifts.get(base) ?? 0);
    const entries = part.table.reduce((a, b) => Math.max(a, b), 1) * scale;
    return { part, base, entries, bias: part.bias * scale, shift: part.shift + Math.log2(scale) };
  });
  const sums = nodes.map(
    (n) => n.expTable.reduce((a, b) => Math.max(a, b), 0) * (n.output.shape[2] as number),
  );
  const largestSum = Math.max(1, ...sums);
  const largestExp = 2 ** layout.expBits - 1;

  const expIndexBits = unsignedBits(Math.max(...nodes.map((n) => n.expTable.length - 1)));
  const recipIndexBits = unsignedBits(Math.max(...parts.map(({ part }) => part.table.length - 1)));
  const expShifts = choiceOf(
    nodes.map((n) => n.expShift),
    6,
  );
  const expLasts = choiceOf(
    nodes.map((n) => n.expTable.length - 1),
    expIndexBits,
  );
  const indexShifts = choiceOf(
    parts.map(({ part }) => part.indexShift),
    6,
  );
  const recipLasts = choiceOf(
    parts.map(({ part }) => part.table.length - 1),
    recipIndexBits,
  );
  const shifts = choiceOf(
    parts.map(({ shift }) => shift),
    6,
  );
  const biasDrop = Math.min(...parts.map(({ bias }) => trailingZeros(bias, 47)));
  const dropped = parts.map(({ bias }) => bias / 2 ** biasDrop);
  const biases = choiceOf(dropped, Math.max(2, signedBitsOf(dropped)));
  const least = ({ values }: Choice) => values[0] as number;

  const expBiasBits = Math.max(2, signedBitsOf(nodes.map((n) => n.expBias)));
  const indexBiases = parts.map(({ part }) => part.indexBias);
  const indexBiasBits = Math.max(2, signedBitsOf(indexBiases));
  const recipBits = unsignedBits(Math.max(...parts.map(({ entries }) => entries)));
  const y = parts.flatMap(({ entries, bias }) => [
    largestExp * entries,
    bias,
    largestExp * entries + bias,
  ]);
  const parameters: UnitParameter[] = [
    { name: 'E_BITS', value: layout.expBits, comment: 'exponential, unsigned' },
    { name: 'SUM_BITS', value: unsignedBits(largestSum), comment: 'sum of a row, unsigned' },
    { name: 'R_BITS', value: recipBits, comment: 'reciprocal, unsigned' },
    {
      name: 'DISTANCE_BITS',
      value: Math.max(
        ...widths.map((w) => w.differenceBits),
        layout.scoreBits + 1,
        expBiasBits,
        least(expShifts) + 2,
      ),
      comment: 'max - x with its bias',
    },
    { name: 'DISTANCE_SIGNED', value: nodes.some((n) => n.expBias < 0) ? 1 : 0 },
    {
      name: 'INDEX_SUM_BITS',
      value: Math.max(
        signedBitsOf([...indexBiases, ...indexBiases.map((bias) => bias + largestSum)]),
        indexBiasBits,
        least(indexShifts) + 2,
      ),
      comment: 'sum with the bias of its index',
    },
    {
      name: 'Y_BITS',
      value: Math.max(signedBitsOf(y), biasDrop + biases.bits, least(shifts) + 2),
      comment: 'e * r with its bias',
    },
    { name: 'Y_SIGNED', value: parts.some(({ bias }) => bias < 0) ? 1 : 0 },
    { name: 'EXP_BIAS_BITS', value: expBiasBits },
    { name: 'INDEX_BIAS_BITS', value: indexBiasBits },
    { name: 'BIAS_BITS', value: biases.bits },
    { name: 'BIAS_DROP', value: biasDrop, comment: 'zeros below every rounding bias' },
    { name: 'E_INDEX_BITS', value: expIndexBits },
    {
      name: 'EXP_ALIGNED',
      value: flag(
        areAligned(
          all.map((s) => s.expBase),
          expIndexBits,
        ),
      ),
    },
    {
      name: 'EXP_BLOCK',
      value: flag(layout.expDepth > MAX_LUT_DEPTH),
      comment: 'exponentials in block RAM',
    },
    { name: 'R_INDEX_BITS', value: recipIndexBits },
    {
      name: 'RECIP_ALIGNED',
      value: flag(
        areAligned(
          parts.map((p) => p.base),
          recipIndexBits,
        ),
      ),
    },
    ...choiceParameters('EXP_SHIFT', 'EXP_SHIFTS', expShifts, 'of the index of an exponential'),
    ...choiceParameters('EXP_LAST', 'EXP_LASTS', expLasts),
    { name: 'EXP_LASTS_BINARY', value: flag(areMasks(expLasts.values)) },
    ...choiceParameters('INDEX_SHIFT', 'INDEX_SHIFTS', indexShifts, 'of the index of a reciprocal'),
    ...choiceParameters('RECIP_LAST', 'RECIP_LASTS', recipLasts),
    { name: 'RECIP_LASTS_BINARY', value: flag(areMasks(recipLasts.values)) },
    ...choiceParameters('BIAS', 'BIASES', biases, 'that round the output'),
    ...choiceParameters('SHIFT', 'SHIFTS', shifts, 'of the output'),
  ];
  return {
    expShifts,
    expLasts,
    indexShifts,
    recipLasts,
    biases,
    biasDrop,
    shifts,
    expBiasBits,
    indexBiasBits,
    recipBits,
    lifts,
    parameters,
  };
}

function flag(on: boolean): number {
  return on ? 1 : 0;
}

/** A setting by the name of the unit's input without `_i`. */
export interface SoftmaxSetting {
  readonly name: string;
  readonly bits: number;
  readonly signed: boolean;
  readonly value: number;
}

/** The settings of one softmax, addresses left out. */
export function softmaxSettings(unit: SoftmaxUnit, softmax: PlacedSoftmax): SoftmaxSetting[] {
  const { node } = softmax;
  const chosen = (name: string, choice: Choice, value: number): SoftmaxSetting => ({
    name: `${name}_sel`,
    bits: selectorBits(choice),
    signed: false,
    value: numberIn(choice, value),
  });
  const part = (name: 'one' | 'two', { bias, ...table }: ReciprocalTable, base: number) => {
    const lift = unit.lifts.get(base) ?? 0;
    return [
      {
        name: `${name}_index_bias`,
        bits: unit.indexBiasBits,
        signed: true,
        value: table.indexBias,
      },
      chosen(`${name}_index_shift`, unit.indexShifts, table.indexShift),
      chosen(`${name}_last`, unit.recipLasts, table.table.length - 1),
      chosen(`${name}_bias`, unit.biases, bias * 2 ** (lift - unit.biasDrop)),
      chosen(`${name}_shift`, unit.shifts, table.shift + lift),
    ];
  };
  return [
    { name: 'exp_bias', bits: unit.expBiasBits, signed: true, value: node.expBias },
    chosen('exp_shift', unit.expShifts, node.expShift),
    chosen('exp_last', unit.expLasts, node.expTable.length - 1),
    ...part('one', node.one, softmax.oneBase),
    ...part('two', node.two, softmax.twoBase),
  ];
}
