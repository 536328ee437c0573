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
}

/** Ports of the multiplier that packing counts on, those of the DSP48E2. */
const PACKED_PORTS = { a: 27, b: 18 };

/** The multipliers that a graph's operands, a shape and a board allow, `single` first. */
export function legalMultipliers(
  graph: IntegerGraph,
  shape: EngineShape,
  board: Board,
  primitives = false,
): readonly Multipliers[] {
  const { A_BITS: aBits, B_BITS: bBits } = operandBits(graph);
  const { a, b } = board.dspWidth;
  const packs = board.resources.dsp > 0 && a >= PACKED_PORTS.a && b >= PACKED_PORTS.b;
  return ([0, 1, 2, 3] as const)
    .map((style): Multipliers => {
      const isPacked = style === 1 || style === 2;
      return { style, cell: isPacked && primitives ? 1 : 0, aBits, bBits };
    })
    .filter((multipliers) => {
      const { style } = multipliers;
      if (!arrayFits({ ...shape, ...multipliers })) return false;
      if (style === 1 || style === 2) return packs;
      // Its products are made for LUTs of six inputs.
      return style === 0 || board.lutInputs === 6;
    });
}

/** Whether multipliers are as a design asks for: of the kind, and made of primitives or not. */
export function isAsked({ style, cell }: Multipliers, { multipliers, primitives }: Target) {
  return (
    (multipliers ?? multiplierKinds[style]) === multiplierKinds[style] &&
    (!primitives || cell === 1)
  );
}

/** What was asked for in vain, and what is legal. */
export function explainMultipliers(
  legal: readonly Multipliers[],
  { multipliers, primitives }: Target,
  board: Board,
): [message: string, hint: string] {
  const { aBits, bBits } = legal[0] as Multipliers;
  const usable = legal.filter(({ cell }) => !primitives || cell === 1);
  const names = usable.map(({ style }) => `'${multiplierKinds[style]}'`).join(', ');
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
 * behind the DSPs, as for operands of 3 bits.
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
  const [first, ...others] = fitting.length > 0 ? fitting : all;
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
