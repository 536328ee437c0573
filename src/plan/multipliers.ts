import type { Board } from '../boards/index.ts';
import { multiplierKinds, type Target } from '../dsl/design.ts';
import type { IntegerGraph } from '../ir/index.ts';
import { type ArrayStyle, arrayFits } from './array.ts';
import { type EngineShape, keyOutputs } from './engine.ts';
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
  /**
   * Bits of the weights that these outputs multiply, and nothing else: products of an attention
   * then have the other outputs alone. Absent where they multiply whatever comes.
   */
  readonly lutBits?: number | undefined;
  /** They are powers of two: `lutBits` are those of a sign and an exponent. */
  readonly lutPowers?: boolean | undefined;
}

const EIGHTHS = [1, 2, 3, 4, 5, 6, 7];

/** Ports of the multiplier that packing counts on, those of the DSP48E2. */
const PACKED_PORTS = { a: 27, b: 18 };

/**
 * The multipliers that a graph's operands, a shape and a board allow, `single` first. With some
 * outputs on LUTs come last: as many as asked for, or one to seven eighths of them, or, where these
 * multiply weights alone, each number that leaves a tile of keys.
 */
export function legalMultipliers(
  graph: IntegerGraph,
  shape: EngineShape,
  board: Board,
  {
    primitives,
    lutOutputs,
    lutOperands,
  }: Pick<Target, 'primitives' | 'lutOutputs' | 'lutOperands'> = {},
): readonly Multipliers[] {
  const { A_BITS: aBits, B_BITS: bBits, W_BITS: weights } = operandBits(graph);
  const { a, b } = board.dspWidth;
  const packs = board.resources.dsp > 0 && a >= PACKED_PORTS.a && b >= PACKED_PORTS.b;
  const usual =
    lutOperands === 'weights'
      ? outputsForWeights(shape)
      : EIGHTHS.map((n) => (n * shape.outputs) / 8);
  const splits = lutOutputs === undefined ? usual : [lutOutputs];
  return [0, ...splits.filter((n) => n > 0 && Number.isInteger(n))]
    .flatMap((lutOutputs) =>
      // Products that are on LUTs all are not divided.
      (lutOutputs > 0 ? ([0, 1, 2] as const) : ([0, 1, 2, 3] as const)).map(
        (style): Multipliers => {
          const isPacked = style === 1 || style === 2;
          const kind = { style, cell: isPacked && primitives ? 1 : 0, aBits, bBits } as const;
          const alone = lutOutputs > 0 && lutOperands === 'weights';
          return {
            ...kind,
            lutOutputs,
            ...(alone && weightsOnLuts(graph.rows, weights, shape, lutOutputs)),
          };
        },
      ),
    )
    .filter((multipliers) => {
      const { style, lutOutputs } = multipliers;
      if (
        multipliers.lutBits !== undefined &&
        !isPartOf(shape, keyOutputs({ ...shape, multipliers }))
      )
        return false;
      if (lutOutputs > 0 && (board.lutInputs !== 6 || board.resources.dsp === 0)) return false;
      if (!arrayFits({ ...shape, ...multipliers })) return false;
      if (style === 1 || style === 2) return packs;
      // Its products are made for LUTs of six inputs.
      return style === 0 || board.lutInputs === 6;
    });
}

/** Exponents of the powers of two that `vt_mac_shift` multiplies by, of 2 or 3 bits. */
const LARGEST_POWERS = [4, 64];

/**
 * The weights that the last outputs multiply: how many bits, and whether they are powers of two.
 *
 * @param weights bits of the widest
 */
function weightsOnLuts(
  rows: IntegerGraph['rows'],
  weights: number,
  { outputs }: EngineShape,
  lutOutputs: number,
): Pick<Multipliers, 'lutBits' | 'lutPowers'> {
  if (rows?.of !== outputs || rows.outputs < lutOutputs) return { lutBits: weights };
  const powers = LARGEST_POWERS.indexOf(2 ** (rows.bits - 2));
  // By exponents of 2 bits, fixed point is cheaper: see docs/exploration.md.
  return rows.powersOfTwo && powers === 1
    ? { lutBits: 4, lutPowers: true }
    : { lutBits: rows.bits };
}

/** Whether so many outputs can be a tile of keys: they divide the outputs, and words and lanes divide them. */
function isPartOf({ tokens, outputs, vector }: EngineShape, part: number): boolean {
  return [outputs % part, part % tokens, part % vector].every((rest) => rest === 0);
}

/** The numbers of outputs on LUTs that may multiply weights alone: the others are a tile of keys. */
export function outputsForWeights(
  shape: Pick<EngineShape, 'tokens' | 'inputs' | 'outputs' | 'vector'>,
): readonly number[] {
  const all = Array.from({ length: shape.outputs - 1 }, (_, i) => i + 1);
  return all.filter((n) => isPartOf(shape, shape.outputs - n));
}

/** Whether multipliers are as a design asks for. Who names a kind and no outputs on LUTs wants none. */
export function isAsked(
  { style, cell, lutOutputs, lutBits }: Multipliers,
  { multipliers, primitives, lutOutputs: asked, lutOperands }: Target,
): boolean {
  if (lutOperands === 'weights' && lutBits === undefined) return false;
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
  shape: EngineShape,
  board: Board,
): [message: string, hint: string] {
  const { multipliers, primitives, lutOutputs, lutOperands } = target;
  const { outputs } = shape;
  const { aBits, bBits } = legal[0] as Multipliers;
  const usable = legal.filter((m) => m.lutOutputs === 0 && (!primitives || m.cell === 1));
  const kinds = usable.map(({ style }) => `'${multiplierKinds[style]}'`);
  const names = kinds.join(', ');
  if (lutOutputs && lutOperands === 'weights') {
    const whole = legal.some((own) =>
      isAsked(own, { ...target, lutOutputs: 0, lutOperands: 'all' }),
    );
    if (whole) return explainParts(shape, lutOutputs);
  }
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

function explainParts(shape: EngineShape, lutOutputs: number): [message: string, hint: string] {
  const { outputs } = shape;
  const left = outputs - lutOutputs;
  const legal = outputsForWeights(shape);
  return [
    `${lutOutputs} outputs on LUTs for weights alone leave ${left} of ${outputs} to keys and values.`,
    legal.length > 0
      ? `Those must divide ${outputs}, and ${shape.tokens} tokens and ${shape.vector} lanes them: ${legal.join(', ')} outputs on LUTs are legal.`
      : `Those must divide ${outputs}, and ${shape.tokens} tokens and ${shape.vector} lanes them: give fewer lanes or a larger tile.`,
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
