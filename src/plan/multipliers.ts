import type { Board } from '../boards/index.ts';
import { multiplierKinds, type Target } from '../dsl/design.ts';
import type { IntegerGraph } from '../ir/index.ts';
import { type ArrayStyle, arrayFits } from './array.ts';
import type { EngineShape } from './engine.ts';
import { operandBits } from './operands.ts';

/** How the array multiplies operands of so many bits. */
export interface Multipliers {
  readonly style: ArrayStyle;
  /** 0 portable Verilog, 1 instances of the DSP primitive. */
  readonly cell: 0 | 1;
  /** Bits of a raw streamed code. */
  readonly aBits: number;
  /** Bits of the signed stationary operand. */
  readonly bBits: number;
  /** Outputs, the last ones, whose products are on LUTs all the same; 0 for the style `lut`. */
  readonly lutOutputs: number;
}

const EIGHTHS = [1, 2, 3, 4, 5, 6, 7];

/** Ports of the multiplier that packing counts on, those of the DSP48E2. */
const PACKED_PORTS = { a: 27, b: 18 };

/**
 * The multipliers that a graph's operands, a shape and a board allow, `single` first. With some
 * outputs on LUTs come last: one to seven eighths of them, or as many as asked for.
 */
export function legalMultipliers(
  graph: IntegerGraph,
  shape: EngineShape,
  board: Board,
  { primitives, lutOutputs }: Pick<Target, 'primitives' | 'lutOutputs'> = {},
): readonly Multipliers[] {
  const { A_BITS: aBits, B_BITS: bBits } = operandBits(graph);
  const { a, b } = board.dspWidth;
  const packs = board.resources.dsp > 0 && a >= PACKED_PORTS.a && b >= PACKED_PORTS.b;
  const splits =
    lutOutputs === undefined ? EIGHTHS.map((n) => (n * shape.outputs) / 8) : [lutOutputs];
  return [0, ...splits.filter((n) => n > 0 && Number.isInteger(n))]
    .flatMap((lutOutputs) =>
      ([0, 1, 2, 3] as const).map((style): Multipliers => {
        const isPacked = style === 1 || style === 2;
        return { style, cell: isPacked && primitives ? 1 : 0, aBits, bBits, lutOutputs };
      }),
    )
    .filter((multipliers) => {
      const { style, lutOutputs } = multipliers;
      if (lutOutputs > 0 && (board.lutInputs !== 6 || board.resources.dsp === 0)) return false;
      if (!arrayFits({ ...shape, ...multipliers })) return false;
      if (style === 1 || style === 2) return packs;
      // Its products are made for LUTs of six inputs.
      return style === 0 || board.lutInputs === 6;
    });
}

/** Whether multipliers are as a design asks for. Who names a kind and no outputs on LUTs wants none. */
export function isAsked(
  { style, cell, lutOutputs }: Multipliers,
  { multipliers, primitives, lutOutputs: asked }: Target,
): boolean {
  if (lutOutputs !== (asked ?? (multipliers ? 0 : lutOutputs))) return false;
  return (
    (multipliers ?? multiplierKinds[style]) === multiplierKinds[style] &&
    (!primitives || cell === 1)
  );
}

/** What was asked for in vain, and what is legal. */
export function explainMultipliers(
  legal: readonly Multipliers[],
  target: Target,
  outputs: number,
  board: Board,
): [message: string, hint: string] {
  const { multipliers, primitives, lutOutputs } = target;
  const { aBits, bBits } = legal[0] as Multipliers;
  const usable = legal.filter((m) => m.lutOutputs === 0 && (!primitives || m.cell === 1));
  const kinds = usable.map(({ style }) => `'${multiplierKinds[style]}'`);
  const names = kinds.join(', ');
  if (lutOutputs && legal.some((own) => isAsked(own, { ...target, lutOutputs: 0 }))) {
    const beside = kinds.filter((name) => name !== "'lut'").join(', ');
    const has = board.lutInputs === 6 && board.resources.dsp > 0;
    return [
      `${lutOutputs} outputs on LUTs cannot be had ${multipliers ? `beside multipliers of kind '${multipliers}' ` : ''}in a tile of ${outputs} outputs on ${board.name}.`,
      has
        ? `Legal here: 0 to ${outputs - 1} outputs, beside ${beside}.`
        : 'Leave out `lutOutputs`: the board has not both DSPs and LUTs of six inputs.',
    ];
  }
  const what = `${primitives ? 'DSP primitives' : 'Multipliers'}${multipliers ? ` of kind '${multipliers}'` : ''}`;
  return [
    `${what} cannot multiply ${aBits} by ${bBits} bits on ${board.name}.`,
    names ? `Legal here: ${names}.` : 'Leave out `primitives`: no multiplier of this board packs.',
  ];
}

/** LUTs and DSPs of an engine. */
interface Cells {
  readonly lut: number;
  readonly dsp: number;
}

/**
 * The multipliers to take: those with the fewest DSPs, as long as they fit. DSPs are there to
 * multiply, so LUTs do where DSPs do not suffice, or where they need no more LUTs than the adders
 * behind the DSPs, as for operands of 3 bits. Both together are for arrays that neither holds alone.
 *
 * @param legal not empty
 * @param estimate the engine with these multipliers
 */
export function chooseMultipliers<C extends Cells>(
  legal: readonly Multipliers[],
  estimate: (multipliers: Multipliers) => C,
  fits: (cells: C) => boolean,
): Multipliers {
  const all = legal.map((multipliers) => ({ multipliers, cells: estimate(multipliers) }));
  const fitting = all.filter(({ cells }) => fits(cells));
  const usable = fitting.length > 0 ? fitting : all;
  const fewest = Math.min(...usable.map(({ multipliers }) => multipliers.lutOutputs));
  const [first, ...others] = usable.filter(({ multipliers }) => multipliers.lutOutputs === fewest);
  if (!first) throw new Error('no multipliers are legal');
  return others.reduce((best, other) => {
    const fewer = other.cells.dsp < best.cells.dsp;
    const onLuts = other.multipliers.style === 3;
    const taken = onLuts
      ? other.cells.lut <= best.cells.lut
      : fewer || best.multipliers.style === 3;
    return taken ? other : best;
  }, first).multipliers;
}
