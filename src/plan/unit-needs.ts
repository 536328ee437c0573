import type { CheckedGraph } from '../check/index.ts';
import { type IntegerGraph, isKind } from '../ir/index.ts';
import type { Program } from './program.ts';

/** Bits of a signed number that holds every one of `values`. */
export function signedBitsOf(values: Iterable<number>): number {
  let bits = 1;
  for (const value of values) {
    const magnitude = value < 0 ? -value - 1 : value;
    bits = Math.max(bits, magnitude === 0 ? 1 : Math.floor(Math.log2(magnitude)) + 2);
  }
  return bits;
}

/** Bits of the signed operands of a product. */
export type Operands = readonly [bits: number, bits: number];

/** The products of vt_layer_norm: `x * x`, `(x - mu) * r` and that times `w`; mean and variance. */
export function normProducts({ widths }: CheckedGraph, residualBits: number) {
  const norms = [...widths.values()].flatMap((w) => (w.kind === 'layerNorm' ? [w] : []));
  const most = (bits: (w: (typeof norms)[number]) => number) => Math.max(...norms.map(bits));
  const mean = most((w) => w.meanBits);
  const sum = most((w) => w.sumBits);
  return {
    lane: [
      [residualBits, residualBits],
      [most((w) => w.deviationBits), most((w) => w.tableBits) + 1],
      [most((w) => w.normalizedBits), most((w) => w.weightBits)],
    ],
    unit: [
      [sum, 17],
      [mean, sum + 2],
    ],
  } as const;
}

/** Sum and 16-bit multiplier of vt_mean_pool. */
export function poolProduct({ widths }: CheckedGraph): Operands | null {
  const pool = [...widths.values()].find((w) => w.kind === 'meanPool');
  return pool?.kind === 'meanPool' ? [pool.sumBits, 17] : null;
}

/** Numbers of values that settings have in the operations of a program. */
export interface Choices {
  /** Sources of the bits of a result of vt_epilogue: a shift each, where it is wide enough. */
  readonly results: number;
  /** Pairs of shift and limits of vt_epilogue. */
  readonly modes: number;
  /** The largest shift of vt_epilogue. */
  readonly largestShift: number;
  /** Shifts of the outputs of vt_layer_norm and vt_softmax. */
  readonly normShifts: number;
  readonly softmaxShifts: number;
}

/** Of the matrix products of a program, and of the LayerNorms and softmaxes of its graph. */
export function choicesOf({ nodes }: IntegerGraph, { matmuls }: Program): Choices {
  const widthOf = new Map<number, number>();
  for (const { shift, low, high } of matmuls) {
    widthOf.set(shift, Math.max(widthOf.get(shift) ?? 0, signedBitsOf([low, high]) - 1));
  }
  const count = (values: readonly (number | string)[]) => new Set(values).size;
  return {
    results: [...widthOf.values()].reduce((sum, width) => sum + width, 0),
    modes: count(matmuls.map(({ shift, low, high }) => `${shift}:${low}:${high}`)),
    largestShift: Math.max(...matmuls.map(({ shift }) => shift)),
    normShifts: count(nodes.filter(isKind('layerNorm')).map((n) => n.shift)),
    softmaxShifts: count(
      nodes.filter(isKind('softmax')).flatMap((n) => [n.one.shift, n.two.shift]),
    ),
  };
}
